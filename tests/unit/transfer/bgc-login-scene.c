/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-login-scene.h"

#include <gio/gio.h>
#include <string.h>

/* ---- a proxy of the test's own ------------------------------------------------------------------ */

#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GObject)

struct _TestResolver
{
  GObject parent;
};

static guint proxy_port; /* 0 = none */

static char **
lookup (GProxyResolver *resolver, const char *uri, GCancellable *cancellable, GError **error)
{
  g_autofree char *proxy = proxy_port != 0 ? g_strdup_printf ("http://127.0.0.1:%u", proxy_port)
                                           : g_strdup ("direct://");
  const char *const list[] = { proxy, NULL };

  return g_strdupv ((char **)list);
}

static void
lookup_async (GProxyResolver *resolver, const char *uri, GCancellable *cancellable,
              GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, data);

  g_task_return_pointer (task, lookup (resolver, uri, cancellable, NULL), (GDestroyNotify)g_strfreev);
}

static char **
lookup_finish (GProxyResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
is_supported (GProxyResolver *resolver)
{
  return TRUE;
}

static void
test_resolver_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = is_supported;
  iface->lookup = lookup;
  iface->lookup_async = lookup_async;
  iface->lookup_finish = lookup_finish;
}

G_DEFINE_TYPE_WITH_CODE (TestResolver, test_resolver, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, test_resolver_iface_init))

static void
test_resolver_class_init (TestResolverClass *class)
{
}

static void
test_resolver_init (TestResolver *self)
{
}

void
bgc_login_scene_replace_proxies (void)
{
  g_setenv ("GIO_USE_PROXY_RESOLVER", "test", TRUE);
  g_io_extension_point_register (G_PROXY_RESOLVER_EXTENSION_POINT_NAME);
  g_io_extension_point_implement (G_PROXY_RESOLVER_EXTENSION_POINT_NAME, TEST_TYPE_RESOLVER, "test", 1000);
  g_assert_true (TEST_IS_RESOLVER (g_proxy_resolver_get_default ()));
}

void
bgc_login_scene_set_proxy (guint port)
{
  proxy_port = port;
}

/* ---- secrets ------------------------------------------------------------------------------------ */

static const char *const headers[] = { "X-Token: abc", "Cookie: a=b", "User-Agent: other", NULL };

static void
add (BgcJobSecrets *secrets, BgcLoginTarget target, BgcLoginScheme scheme, const char *user,
     const char *password)
{
  bgc_job_secrets_set_login (secrets, bgc_login_new (target, scheme, user, password));
}

BgcJobSecrets *
bgc_login_scene_secrets (const char *words)
{
  BgcJobSecrets *secrets = bgc_job_secrets_new ();
  g_auto (GStrv) list = g_strsplit (words, " ", 0);

  for (char **word = list; *word != NULL; word++)
    {
      gboolean proxy = g_str_has_prefix (*word, "proxy-");
      gboolean wrong = g_str_has_suffix (*word, "!");
      g_autofree char *name = g_strndup (*word + (proxy ? 6 : 0), strcspn (*word, "!") - (proxy ? 6 : 0));
      BgcLoginScheme scheme;

      if (bgc_enums_login_scheme_from_string (name, &scheme))
        add (secrets, proxy ? BGC_LOGIN_TARGET_PROXY : BGC_LOGIN_TARGET_SERVER, scheme, "alice",
             wrong ? "falsch" : "geheim");
      else if (g_str_equal (name, "headers"))
        bgc_job_secrets_set_headers (secrets, headers, TRUE);
      else
        g_assert_cmpstr (name, ==, "");
    }
  return secrets;
}
