/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-server-config.h"

#include <string.h>

#include "base/bgc-error.h"

#define MINIMAL "[Directory a]\nUrl=/a\nPath=/srv/a\n"

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcServerConfig) config = bgc_server_config_parse (MINIMAL, strlen (MINIMAL), &error);
  const BgcServerDirectory *directory;

  g_assert_no_error (error);
  g_assert_cmpstr (config->listen[0], ==, "127.0.0.1:8089");
  g_assert_cmpuint (config->header_timeout, ==, 30);
  g_assert_cmpuint (config->body_timeout, ==, 60);
  directory = config->directories->pdata[0];
  g_assert_cmpstr (directory->name, ==, "a");
  g_assert_false (directory->upload_enabled);
  g_assert_false (directory->allow_overwrites);
  g_assert_cmpuint (directory->session_timeout, ==, 14 * 24 * 3600);
  g_assert_cmpuint (directory->session_limit, ==, 50);
  g_assert_cmpuint (directory->maximum_upload_size, ==, 0);
  g_assert_cmpuint (directory->file_mode, ==, 0640);
  g_assert_cmpint (directory->notification_type, ==, BGC_NOTIFICATION_NONE);
}

static void
test_everything (void)
{
  const char *text
    = "[Server]\nListen=unix:/run/x;[::1]:80\nSocketMode=0600\nCertificate=/c\nPrivateKey=/"
      "k\nMaximumConnections=7\n"
      "HeaderTimeout=1\nBodyTimeout=2\nIdleTimeout=3\nCleanupInterval=4\n"
      "[Directory b]\nUrl=/b/\nPath=/srv/b\nUploadEnabled=yes\nAllowOverwrites=true\nMaximumUploadSize=10\n"
      "MaximumFragmentSize=5\nSessionTimeout=6\nSessionLimit=0\nTemporaryLimit=8\nReserve="
      "9\nNotificationType=value\n"
      "NotificationUrl=http://127.0.0.1/x\nNotificationTimeout=10\nMaximumReplySize=11\nReplyBase=https://"
      "h\nHostId=node\n"
      "HostIdFallbackTimeout=12\nPasswordFile=/p\nFileMode=0600\nSessionDirectoryMode=0770\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcServerConfig) config = bgc_server_config_parse (text, strlen (text), &error);
  const BgcServerDirectory *directory;

  g_assert_no_error (error);
  g_assert_cmpstr (config->listen[1], ==, "[::1]:80");
  g_assert_cmpuint (config->socket_mode, ==, 0600);
  g_assert_cmpuint (config->maximum_connections, ==, 7);
  g_assert_cmpuint (config->cleanup_interval, ==, 4);
  directory = config->directories->pdata[0];
  g_assert_cmpstr (directory->url, ==, "/b");
  g_assert_true (directory->upload_enabled && directory->allow_overwrites);
  g_assert_cmpuint (directory->temporary_limit, ==, 8);
  g_assert_cmpint (directory->notification_type, ==, BGC_NOTIFICATION_VALUE);
  g_assert_cmpuint (directory->host_id_timeout, ==, 12);
  g_assert_cmpuint (directory->directory_mode, ==, 0770);
}

static void
test_refused (void)
{
  static const char *const rows[] = {
    "nonsense",
    "[Else]\nx=1\n",
    "[Server]\nListn=x\n",
    "[Server]\nCertificate=/c\n",
    "[Server]\nHeaderTimeout=0\n",
    "[Server]\nHeaderTimeout=99999999999\n",
    "[Server]\nTrustedProxies=everybody\n",
    "[Server]\nTrustedProxies=10.0.0.1/8\n",
    "[Server]\nSocketMode=8\n",
    "[Server]\nSocketMode=01777\n",
    "[Directory a]\n",
    "[Directory a]\nUrl=a\nPath=/a\n",
    "[Directory a]\nUrl=/a\nPath=a\n",
    MINIMAL "Extra=1\n",
    MINIMAL "UploadEnabled=maybe\n",
    MINIMAL "SessionTimeout=-1\n",
    MINIMAL "SessionTimeout=1h\n",
    MINIMAL "MaximumFragmentSize=0\n",
    MINIMAL "FileMode=rw\n",
    MINIMAL "NotificationType=both\n",
    MINIMAL "NotificationType=value\n",
    MINIMAL "NotificationType=value\nNotificationUrl=file:///x\n",
    MINIMAL "NotificationType=value\nNotificationUrl=/relative\n",
    MINIMAL "HostId=http://x\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bgc_server_config_parse (rows[i], strlen (rows[i]), &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_find (void)
{
  const char *text = "[Directory outer]\nUrl=/a\nPath=/1\n[Directory inner]\nUrl=/a/b\nPath=/2\n[Directory "
                     "ab]\nUrl=/ab\nPath=/3\n";
  g_autoptr (BgcServerConfig) config = bgc_server_config_parse (text, strlen (text), NULL);
  g_autoptr (BgcServerConfig) all = bgc_server_config_parse ("[Directory r]\nUrl=/\nPath=/1\n", 29, NULL);
  static const struct
  {
    const char *path, *name, *rest;
  } rows[] = { { "/a/x", "outer", "/x" }, { "/a/b/x", "inner", "/x" }, { "/a/bx", "outer", "/bx" },
               { "/a", "outer", "" },     { "/ab/x", "ab", "/x" },     { "/abc", NULL, NULL },
               { "/", NULL, NULL },       { "", NULL, NULL } };
  const char *rest = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const BgcServerDirectory *found = bgc_server_config_find (config, rows[i].path, &rest);

      g_assert_cmpstr (found != NULL ? found->name : NULL, ==, rows[i].name);
      if (found != NULL)
        g_assert_cmpstr (rest, ==, rows[i].rest);
    }
  g_assert_nonnull (bgc_server_config_find (all, "/anything", &rest));
  g_assert_cmpstr (rest, ==, "/anything");
}

static void
test_load (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_server_config_load ("/nonexistent/file", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server-config/defaults", test_defaults);
  g_test_add_func ("/server-config/everything", test_everything);
  g_test_add_func ("/server-config/refused", test_refused);
  g_test_add_func ("/server-config/find", test_find);
  g_test_add_func ("/server-config/load", test_load);

  return g_test_run ();
}
