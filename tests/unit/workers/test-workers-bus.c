/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The real thing: a bgcopy-worker of its own, a server, files. */

#include "workers/bgc-workers-bus.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>
#include <unistd.h>

#include "host/bgc-clock-system.h"
#include "workers/bgc-launcher-spawn.h"

#include "../../contract/bgc-workers-contract.h"

#include "hand-worker.h"

typedef struct
{
  char *directory; /* (owned) */
  SoupServer *server;
  BgcClock *clock;
  BgcLauncher *launcher;
  BgcWorkers *workers;
} House;

static const char body[BGC_WORKERS_CONTRACT_SIZE];

/* Enough of BITS for an upload of that size. */
static void
answer_packet (SoupServerMessage *message, const char *type)
{
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (message);
  g_autofree char *size = g_strdup_printf ("%u", BGC_WORKERS_CONTRACT_SIZE);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_append (answer, "BITS-Packet-Type", "Ack");
  soup_message_headers_append (answer, "BITS-Protocol", "{7df0354d-249b-430f-820d-3d2a9bef4931}");
  soup_message_headers_append (answer, "BITS-Session-Id", "{00000000-0000-0000-0000-000000000001}");
  if (g_ascii_strcasecmp (type, "Fragment") == 0)
    soup_message_headers_append (answer, "BITS-Received-Content-Range", size);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
            gpointer data)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  SoupMessageBody *answer = soup_server_message_get_response_body (message);
  const char *packet
    = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "BITS-Packet-Type");

  if (packet != NULL)
    {
      answer_packet (message, packet);
      return;
    }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  if (!g_str_has_prefix (path, "/slow"))
    {
      soup_server_message_set_response (message, "application/octet-stream", SOUP_MEMORY_STATIC, body,
                                        sizeof body);
      return;
    }
  /* Promises more than it ever sends. */
  soup_message_headers_set_content_length (headers, 64 * 1024 * 1024);
  soup_message_body_set_accumulate (answer, FALSE);
  soup_message_body_append (answer, SOUP_MEMORY_STATIC, body, sizeof body);
}

static gpointer
house_set_up (void)
{
  House *house = g_new0 (House, 1);
  g_autofree char *program
    = g_test_build_filename (G_TEST_BUILT, "..", "src", "worker", "bgcopy-worker", NULL);
  g_autoptr (GError) error = NULL;

  house->directory = g_dir_make_tmp ("bgc-workers-XXXXXX", NULL);
  house->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (house->server, NULL, on_request, house, NULL);
  g_assert_true (soup_server_listen_local (house->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  house->clock = bgc_clock_system_new (&error);
  house->launcher = bgc_launcher_spawn_new (program);
  house->workers = bgc_workers_bus_new (house->launcher, house->clock);
  return house;
}

static char *
house_source (gpointer data)
{
  char *path = g_build_filename (((House *)data)->directory, "source", NULL);

  g_assert_true (g_file_set_contents (path, body, sizeof body, NULL));
  return path;
}

static void
house_put_reply (gpointer data, BgcFile *reply, GBytes *bytes)
{
  g_autofree char *path = g_build_filename (((House *)data)->directory, reply->temporary, NULL);
  gsize size;
  const char *content = g_bytes_get_data (bytes, &size);
  GStatBuf status;

  g_assert_true (g_file_set_contents_full (path, content, size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  reply->state = BGC_FILE_WHOLE;
  reply->bytes_transferred = reply->bytes_total = size;
  reply->device = status.st_dev;
  reply->inode = status.st_ino;
}

static void
on_down (GObject *source, GAsyncResult *result, gpointer data)
{
  *(gboolean *)data = TRUE;
}

static void
house_tear_down (gpointer data)
{
  House *house = data;
  g_autofree char *empty = g_build_filename (house->directory, "fast", NULL);
  g_autofree char *temporary
    = g_build_filename (house->directory, ".bgcopy-0123456789abcdef0123456789abcdef", NULL);
  g_autofree char *source = house_source (house);
  gboolean down = FALSE;

  bgc_workers_shut_down_async (house->workers, on_down, &down);
  hand_wait_until (down);
  g_clear_object (&house->workers);
  g_clear_object (&house->launcher);
  g_clear_object (&house->clock);
  g_clear_object (&house->server);
  hand_settle ();
  g_unlink (source);
  g_unlink (empty);
  g_unlink (temporary);
  g_assert_cmpint (g_rmdir (house->directory), ==, 0);
  g_free (house->directory);
  g_free (house);
}

static BgcWorkers *
house_workers (gpointer data)
{
  return ((House *)data)->workers;
}

static const char *
house_directory (gpointer data)
{
  return ((House *)data)->directory;
}

static char *
house_url (gpointer data, const char *name)
{
  GSList *uris = soup_server_get_uris (((House *)data)->server);
  char *url = g_strdup_printf ("http://127.0.0.1:%d/%s", g_uri_get_port (uris->data), name);

  g_slist_free_full (uris, (GDestroyNotify)g_uri_unref);
  return url;
}

static void
house_refuse (gpointer data, const char *path)
{
}

static void
house_let (gpointer data, const BgcJob *job)
{
}

/* From outside it looks as a crash does. */
static void
house_lose (gpointer data, guint32 owner)
{
  bgc_launcher_stop (((House *)data)->launcher, owner);
  bgc_launcher_stop (((House *)data)->launcher, owner);
}

static const BgcWorkersContract contract = {
  house_set_up,    house_tear_down, house_workers, house_directory, house_url,  house_source,
  house_put_reply, house_refuse,    house_let,     house_let,       house_lose,
};

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) verdicts = bgc_workers_check_finish (BGC_WORKERS (source), result, NULL);

  g_assert_nonnull (verdicts);
  *(guint *)data += verdicts->len;
}

/* One call to a path, as AddFile makes them, and none waits for another. */
static void
test_check_rate (void)
{
  House *house = house_set_up ();
  g_autofree char *path = g_build_filename (house->directory, "f", NULL);
  const char *paths[] = { path, NULL };
  const guint count = 20000;
  guint checked = 0;
  gint64 begin;

  bgc_workers_check_async (house->workers, getuid (), paths, on_checked, &checked);
  hand_wait_until (checked == 1);
  checked = 0;
  begin = g_get_monotonic_time ();
  for (guint i = 0; i < count; i++)
    bgc_workers_check_async (house->workers, getuid (), paths, on_checked, &checked);
  hand_wait_until (checked == count);
  g_test_message ("%.0f paths a second",
                  count / ((g_get_monotonic_time () - begin) / (double)G_USEC_PER_SEC));
  house_tear_down (house);
}

/* Another user's worker is none that this service could start. */
static void
on_foreign (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_workers_check_finish (BGC_WORKERS (source), result, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_OWNER_UNKNOWN);
  *(gboolean *)data = TRUE;
}

static GLogWriterOutput
drop_warnings (GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
  return G_LOG_WRITER_HANDLED;
}

static void
test_foreign (void)
{
  House *house = house_set_up ();
  const char *paths[] = { "/tmp/f", NULL };
  gboolean ended = FALSE;

  bgc_workers_check_async (house->workers, getuid () + 1, paths, on_foreign, &ended);
  hand_wait_until (ended);
  house_tear_down (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (drop_warnings, NULL, NULL);
  bgc_workers_contract_add ("/workers-bus/contract", &contract);
  g_test_add_func ("/workers-bus/check-rate", test_check_rate);
  g_test_add_func ("/workers-bus/foreign", test_foreign);
  return g_test_run ();
}
