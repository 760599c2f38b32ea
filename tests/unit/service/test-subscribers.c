/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-subscribers.h"

#include <string.h>

static BgcJobId
id_of (guint number)
{
  BgcJobId id = { { 0 } };

  memcpy (id.bytes, &number, sizeof number);
  return id;
}

static void
collect (const char *connection, gpointer data)
{
  g_string_append_printf (data, "%s ", connection);
}

static void
hear (BgcSubscribers *self, guint number, guint32 owner, const char *expected)
{
  BgcJobId id = id_of (number);
  g_autoptr (GString) heard = g_string_new (NULL);

  bgc_subscribers_foreach (self, &id, owner, collect, heard);
  g_assert_cmpstr (heard->str, ==, expected);
  g_assert_cmpint (bgc_subscribers_hear (self, &id, owner), ==, expected[0] != '\0');
}

static gboolean
use (BgcSubscribers *self, const char *connection, guint32 uid, guint number, guint32 owner)
{
  BgcJobId id = id_of (number);

  return bgc_subscribers_add_job (self, connection, uid, &id, owner);
}

static void
test_all_and_single (void)
{
  g_autoptr (BgcSubscribers) self = bgc_subscribers_new ();

  hear (self, 1, 1000, "");
  g_assert_true (bgc_subscribers_add (self, ":1.1", 1000, NULL));
  g_assert_true (bgc_subscribers_add (self, ":1.1", 1000, NULL));
  g_assert_true (use (self, ":1.2", 1000, 1, 1000));
  g_assert_false (use (self, ":1.2", 1000, 1, 1000));
  hear (self, 1, 1000, ":1.1 :1.2 ");
  hear (self, 2, 1000, ":1.1 ");
  hear (self, 2, 1001, "");
  g_assert_cmpuint (bgc_subscribers_count (self), ==, 2);
  bgc_subscribers_remove (self, ":1.1");
  bgc_subscribers_remove (self, ":1.1");
  hear (self, 1, 1000, ":1.2 ");
  bgc_subscribers_remove (self, ":1.2");
  hear (self, 1, 1000, "");
  g_assert_cmpuint (bgc_subscribers_count (self), ==, 0);
}

static void
test_each_once (void)
{
  g_autoptr (BgcSubscribers) self = bgc_subscribers_new ();

  g_assert_true (use (self, ":1.1", 1000, 1, 1000));
  g_assert_true (bgc_subscribers_add (self, ":1.1", 1000, NULL));
  g_assert_false (use (self, ":1.1", 1000, 2, 1000));
  hear (self, 1, 1000, ":1.1 ");
  hear (self, 2, 1000, ":1.1 ");
}

static void
test_administrator (void)
{
  g_autoptr (BgcSubscribers) self = bgc_subscribers_new ();

  g_assert_true (bgc_subscribers_add (self, ":1.9", 0, NULL));
  hear (self, 1, 1000, "");
  g_assert_true (use (self, ":1.9", 0, 1, 1000));
  hear (self, 1, 1000, ":1.9 ");
}

static void
test_forget_job (void)
{
  g_autoptr (BgcSubscribers) self = bgc_subscribers_new ();
  BgcJobId id = id_of (1);

  g_assert_true (use (self, ":1.1", 1000, 1, 1000));
  g_assert_true (use (self, ":1.2", 1000, 1, 1000));
  g_assert_true (use (self, ":1.2", 1000, 2, 1000));
  bgc_subscribers_forget_job (self, &id);
  bgc_subscribers_forget_job (self, &id);
  hear (self, 1, 1000, "");
  hear (self, 2, 1000, ":1.2 ");
  g_assert_cmpuint (bgc_subscribers_count (self), ==, 1);
}

/* Root hears on, and so does the new owner, whose connection it was that took it. */
static void
test_hand_over (void)
{
  g_autoptr (BgcSubscribers) self = bgc_subscribers_new ();
  BgcJobId id = id_of (1);

  g_assert_true (use (self, ":1.1", 1000, 1, 1000));
  g_assert_true (use (self, ":1.2", 1001, 1, 1000));
  g_assert_true (use (self, ":1.9", 0, 1, 1000));
  g_assert_true (use (self, ":1.3", 1000, 1, 1000));
  bgc_subscribers_hand_over (self, &id, 1001);
  hear (self, 1, 1001, ":1.9 :1.2 ");
  g_assert_cmpuint (bgc_subscribers_count (self), ==, 2);
  bgc_subscribers_remove (self, ":1.9");
  bgc_subscribers_hand_over (self, &id, 1002);
  hear (self, 1, 1002, "");
  g_assert_cmpuint (bgc_subscribers_count (self), ==, 0);
}

static void
test_limits (void)
{
  g_autoptr (BgcSubscribers) self = bgc_subscribers_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i <= BGC_SUBSCRIBERS_JOBS_PER_CONNECTION; i++)
    {
      g_assert_true (use (self, ":1.1", 1000, i, 1000));
      g_assert_false (use (self, ":1.1", 1000, 0, 1000) && i < BGC_SUBSCRIBERS_JOBS_PER_CONNECTION);
    }
  /* 0 was used all the time, so 1 is the one that made room. */
  hear (self, 0, 1000, ":1.1 ");
  hear (self, 1, 1000, "");
  hear (self, 2, 1000, ":1.1 ");
  for (guint i = 0; i < BGC_SUBSCRIBERS_PER_USER; i++)
    {
      g_autofree char *name = g_strdup_printf (":2.%u", i);

      g_assert_true (bgc_subscribers_add (self, name, 1001, NULL));
    }
  g_assert_false (bgc_subscribers_add (self, ":3.1", 1001, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED);
  g_assert_true (bgc_subscribers_add (self, ":3.1", 1002, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/subscribers/all-and-single", test_all_and_single);
  g_test_add_func ("/subscribers/each-once", test_each_once);
  g_test_add_func ("/subscribers/administrator", test_administrator);
  g_test_add_func ("/subscribers/forget-job", test_forget_job);
  g_test_add_func ("/subscribers/hand-over", test_hand_over);
  g_test_add_func ("/subscribers/limits", test_limits);
  return g_test_run ();
}
