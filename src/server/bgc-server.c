/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-server.h"

#include "server/bgc-exchange.h"
#include "server/bgc-fragment.h"
#include "server/bgc-reply-download.h"

#define DISK_THREADS 16u /* at once; each sleeps in one system call */
#define BACK_THREADS 32u /* calls of back ends at once */
#define TICK 500u        /* milliseconds; a deadline is missed by no more than that */
#define STOP_TICKS 10u   /* ticks that requests in progress have to end when the server stops */

struct _BgcServer
{
  BgcServerParts parts;
  SoupServer *soup;      /* (owned) */
  guint tick_id;         /* GSource, 0 = none */
  guint sweep_id;        /* GSource, 0 = none */
  gboolean sweeping;     /* a thread sweeps */
  guint stop_ticks;      /* left until the server stops whatever happens; 0 = it does not stop */
  GFunc idle;            /* (nullable) called once when stopped */
  gpointer idle_data;
};

static void
got_headers (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  BgcServer *self = data;
  BgcConnection *connection = bgc_connection_of (message);

  bgc_connection_set_deadline (connection, self->parts.config->body_timeout);
  if (g_strcmp0 (soup_server_message_get_method (message), BGC_BITS_METHOD) == 0)
    bgc_exchange_begin (&self->parts, message, &bgc_fragment_body);
  else
    /* Nothing else has a body that anybody wants. */
    soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
}

static void
got_body (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  BgcServer *self = data;
  const char *method = soup_server_message_get_method (message);

  if (bgc_exchange_end_body (message))
    return;
  if (method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD)
    {
      bgc_reply_download_begin (&self->parts, message);
      return;
    }
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                "GET, HEAD, " BGC_BITS_METHOD);
  soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
}

static void
request_started (SoupServer *soup, SoupServerMessage *message, gpointer data)
{
  BgcServer *self = data;

  bgc_connection_set_deadline (bgc_connection_of (message), self->parts.config->header_timeout);
}

static void
request_ended (SoupServer *soup, SoupServerMessage *message, gpointer data)
{
  BgcServer *self = data;

  bgc_connection_set_deadline (bgc_connection_of (message), self->parts.config->idle_timeout);
}

/* ---- time ---- */

static void
sweep_work (gpointer data, gpointer pool)
{
  BgcServer *self = data;
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, self->parts.stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    {
      guint n_removed = bgc_session_store_sweep (store);

      if (n_removed > 0)
        g_message ("%u sessions of %s removed", n_removed, bgc_session_store_directory (store)->name);
    }
}

static void
sweep_done (gpointer data, gpointer pool)
{
  BgcServer *self = data;

  self->sweeping = FALSE;
}

static gboolean
sweep (gpointer data)
{
  BgcServer *self = data;

  if (!self->sweeping)
    {
      self->sweeping = TRUE;
      bgc_io_pool_run (self->parts.disk, sweep_work, sweep_done, self);
    }

  return G_SOURCE_CONTINUE;
}

static void
check_stopped (BgcServer *self)
{
  GFunc idle = self->idle;

  if (self->stop_ticks == 0 || idle == NULL)
    return;
  self->stop_ticks--;
  if (self->stop_ticks > 0 && g_hash_table_size (self->parts.exchanges) > 0)
    return;
  self->idle = NULL;
  idle (self->idle_data, NULL);
}

static gboolean
tick (gpointer data)
{
  BgcServer *self = data;
  GHashTableIter iter;
  gpointer exchange;

  bgc_listener_tick (self->parts.listener, g_get_monotonic_time ());
  g_hash_table_iter_init (&iter, self->parts.exchanges);
  while (g_hash_table_iter_next (&iter, &exchange, NULL))
    bgc_exchange_poll (exchange);
  check_stopped (self);

  return G_SOURCE_CONTINUE;
}

/* ---- beginning and end ---- */

static gboolean
open_directories (BgcServer *self, BgcRandomSource random, GError **error)
{
  GPtrArray *directories = self->parts.config->directories;

  for (guint i = 0; i < directories->len; i++)
    {
      BgcServerDirectory *directory = directories->pdata[i];
      BgcSessionStore *store = bgc_session_store_new (directory, random, error);

      if (store == NULL)
        {
          g_prefix_error (error, "Directory %s: ", directory->name);
          return FALSE;
        }
      g_hash_table_insert (self->parts.stores, directory, store);
      if (directory->password_file != NULL)
        g_hash_table_insert (self->parts.passwords, directory,
                             bgc_password_file_new (directory->password_file));
    }

  return TRUE;
}

static gboolean
open_soup (BgcServer *self, GError **error)
{
  const BgcServerConfig *config = self->parts.config;
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (config->certificate != NULL)
    {
      certificate = g_tls_certificate_new_from_files (config->certificate, config->private_key, error);
      if (certificate == NULL)
        return FALSE;
    }
  /* Paths as they were sent: escapes are undone where a path becomes a file, and only there. */
  self->soup = soup_server_new ("raw-paths", TRUE, "server-header", "bgcopy-server", NULL);
  soup_server_add_early_handler (self->soup, NULL, got_headers, self, NULL);
  soup_server_add_handler (self->soup, NULL, got_body, self, NULL);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (request_started), self);
  g_signal_connect (self->soup, "request-finished", G_CALLBACK (request_ended), self);
  g_signal_connect (self->soup, "request-aborted", G_CALLBACK (request_ended), self);
  self->parts.listener = bgc_listener_new (self->soup, config, certificate, error);

  return self->parts.listener != NULL;
}

BgcServer *
bgc_server_new (BgcServerConfig *config, BgcRandomSource random, GError **error)
{
  g_autoptr (BgcServer) self = g_new0 (BgcServer, 1);

  self->parts.config = config;
  self->parts.disk = bgc_io_pool_new ("disk", DISK_THREADS);
  self->parts.backs = bgc_io_pool_new ("back end", BACK_THREADS);
  self->parts.stores = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) bgc_session_store_free);
  self->parts.passwords = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) bgc_password_file_free);
  self->parts.exchanges = g_hash_table_new (NULL, NULL);
  if (!open_directories (self, random, error) || !open_soup (self, error))
    return NULL;

  self->tick_id = g_timeout_add (TICK, tick, self);
  g_source_set_name_by_id (self->tick_id, "deadlines");
  self->sweep_id = g_timeout_add_seconds (config->cleanup_interval, sweep, self);
  g_source_set_name_by_id (self->sweep_id, "sweep");
  sweep (self);

  return g_steal_pointer (&self);
}

static void
abort_exchanges (BgcServer *self)
{
  GHashTableIter iter;
  gpointer exchange;

  g_hash_table_iter_init (&iter, self->parts.exchanges);
  while (g_hash_table_iter_next (&iter, &exchange, NULL))
    bgc_exchange_abort (exchange);
}

static void
forsake_exchanges (BgcServer *self)
{
  g_autoptr (GList) exchanges = g_hash_table_get_keys (self->parts.exchanges);

  for (GList *item = exchanges; item != NULL; item = item->next)
    {
      BgcExchange *exchange = item->data;

      if (exchange->intake != NULL)
        bgc_exchange_end_intake (exchange);
    }
}

void
bgc_server_free (BgcServer *self)
{
  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_handle_id (&self->sweep_id, g_source_remove);
  abort_exchanges (self);
  g_clear_pointer (&self->parts.listener, bgc_listener_free);
  /* What threads still do ends first; the disk's may still start the back end's. */
  if (self->parts.disk != NULL)
    bgc_io_pool_free (self->parts.disk);
  self->parts.disk = NULL;
  g_clear_pointer (&self->parts.backs, bgc_io_pool_free);
  /* The library ends those that it still has, and nobody these. */
  forsake_exchanges (self);
  g_clear_object (&self->soup);
  g_hash_table_unref (self->parts.exchanges);
  g_hash_table_unref (self->parts.passwords);
  g_hash_table_unref (self->parts.stores);
  bgc_server_config_free (self->parts.config);
  g_free (self);
}

gboolean
bgc_server_listen (BgcServer *self, int first_descriptor, guint n_descriptors, GError **error)
{
  char **addresses = self->parts.config->listen;

  for (guint i = 0; i < n_descriptors; i++)
    {
      if (!bgc_listener_add_descriptor (self->parts.listener, first_descriptor + (int) i, error))
        return FALSE;
    }
  for (guint i = 0; n_descriptors == 0 && addresses[i] != NULL; i++)
    {
      if (!bgc_listener_add_address (self->parts.listener, addresses[i], error))
        return FALSE;
    }

  return TRUE;
}

void
bgc_server_stop (BgcServer *self, GFunc idle, gpointer data)
{
  if (self->stop_ticks > 0)
    return;
  self->stop_ticks = STOP_TICKS;
  self->idle = idle;
  self->idle_data = data;
  bgc_listener_stop (self->parts.listener);
  abort_exchanges (self);
}
