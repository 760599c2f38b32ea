/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-interface.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

static char *
find (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return bgc_interface_find (address);
}

static void
test_loopback (void)
{
  g_autofree char *name = find ("127.0.0.1");

  g_assert_cmpstr (name, ==, "lo");
}

static void
test_nobody (void)
{
  g_assert_null (find ("192.0.2.77"));
  g_assert_null (find ("2001:db8::77"));
  g_assert_null (find ("0.0.0.0"));
}

/* The same as netlink tells, of every address that this machine has. */
static void
test_all (void)
{
  struct ifaddrs *all = NULL;

  g_assert_cmpint (getifaddrs (&all), ==, 0);
  for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
    {
      int family = one->ifa_addr == NULL ? AF_UNSPEC : one->ifa_addr->sa_family;
      gsize size = family == AF_INET ? sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6);
      g_autoptr (GSocketAddress) native = NULL;
      g_autofree char *name = NULL, *expected = NULL;

      if (family != AF_INET && family != AF_INET6)
        continue;
      native = g_socket_address_new_from_native (one->ifa_addr, size);
      name = bgc_interface_find (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (native)));
      expected = g_strdelimit (g_strdup (one->ifa_name), ":", '\0');
      /* Several may have the same link-local address. */
      g_assert_nonnull (name);
      if (!g_inet_address_get_is_link_local (
            g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (native))))
        g_assert_cmpstr (name, ==, expected);
      g_assert_cmpuint (if_nametoindex (name), >, 0);
    }
  freeifaddrs (all);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interface/loopback", test_loopback);
  g_test_add_func ("/interface/nobody", test_nobody);
  g_test_add_func ("/interface/all", test_all);
  return g_test_run ();
}
