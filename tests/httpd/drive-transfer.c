/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Runs one transfer without daemon or bus, for measuring and for a look by hand:
 *   drive-transfer [--checksum sha256:…] [--files-at-once N] [--repeat N] [--trust PEM]
 *                  [--login SCHEME:USER:PASSWORD]… URL PATH
 * With --repeat the number of the file takes the place of %d in URL and PATH. Prints what is reported
 * at the end, and what it cost. */

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "drive-login.h"
#include "model/bgc-path.h"
#include "transfer/bgc-local-file.h"
#include "transfer/bgc-transfer.h"

typedef struct
{
  GMainLoop *loop;
  BgcTransfer *transfer;
  GPtrArray *placements; /* (element-type BgcPlacement) */
  GPtrArray *files;      /* (element-type BgcFile) */
  guint unsettled;
  guint failed;
  gboolean verbose;
} Drive;

static char *
insert_number (const char *pattern, guint number)
{
  const char *place = strstr (pattern, "%d");

  if (place == NULL)
    return g_strdup (pattern);
  return g_strdup_printf ("%.*s%u%s", (int)(place - pattern), pattern, number, place + 2);
}

static void
on_report (const BgcFileReport *report, gpointer data)
{
  static const char *const names[] = { "progress", "restarted", "whole", "failed" };
  Drive *drive = data;
  const BgcFile *file = g_ptr_array_index (drive->files, report->index);

  if (drive->verbose || report->event == BGC_FILE_EVENT_FAILED)
    g_print ("%u %s durable %" G_GUINT64_FORMAT " %s\n", report->index, names[report->event], report->durable,
             report->failure != NULL ? report->failure->message : "");
  if (report->event == BGC_FILE_EVENT_WHOLE)
    {
      g_autofree char *directory = bgc_path_directory (file->local);

      g_ptr_array_add (drive->placements,
                       bgc_placement_new (report->index, directory, file->temporary,
                                          bgc_path_base (file->local), report->device, report->inode, TRUE));
    }
  if (report->event == BGC_FILE_EVENT_FAILED)
    drive->failed++;
  if (report->event >= BGC_FILE_EVENT_WHOLE && --drive->unsettled == 0)
    g_main_loop_quit (drive->loop);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  Drive *drive = data;

  g_main_loop_quit (drive->loop);
}

static void
print_cost (gint64 begin)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  g_print ("wall %.3f s, user %.3f s, system %.3f s, peak %ld KiB, switches %ld\n",
           (double)(g_get_monotonic_time () - begin) / 1e6,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6, usage.ru_maxrss,
           usage.ru_nvcsw);
}

int
main (int argc, char **argv)
{
  g_autofree char *checksum = NULL;
  g_autofree char *trust = NULL;
  g_auto (GStrv) logins = NULL;
  g_autoptr (BgcJobSecrets) secrets = NULL;
  gint files_at_once = 4;
  gint repeat = 1;
  gboolean verbose = FALSE;
  const GOptionEntry entries[] = {
    { "checksum", 0, 0, G_OPTION_ARG_STRING, &checksum, NULL, NULL },
    { "files-at-once", 0, 0, G_OPTION_ARG_INT, &files_at_once, NULL, NULL },
    { "login", 0, 0, G_OPTION_ARG_STRING_ARRAY, &logins, NULL, NULL },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &repeat, NULL, NULL },
    { "trust", 0, 0, G_OPTION_ARG_FILENAME, &trust, NULL, NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &verbose, NULL, NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("URL PATH");
  g_autoptr (GRand) random = g_rand_new ();
  g_autoptr (GPtrArray) results = NULL;
  BgcTransferSettings settings
    = { .checkpoint_bytes = 64u << 20, .checkpoint_seconds = 5, .user_agent = "drive" };
  Drive drive = { 0 };
  gint64 begin = g_get_monotonic_time ();

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, NULL) || argc != 3)
    return 2;
  secrets = drive_login_parse (logins);
  if (secrets == NULL)
    return 2;
  settings.secrets = secrets;
  if (trust != NULL)
    g_tls_backend_set_default_database (g_tls_backend_get_default (), g_tls_file_database_new (trust, NULL));
  drive.loop = g_main_loop_new (NULL, FALSE);
  drive.verbose = verbose;
  drive.placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  drive.files = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_free);
  settings.files_at_once = (guint)files_at_once;
  drive.transfer = bgc_transfer_new (&settings, on_report, &drive);
  for (guint i = 0; i < (guint)repeat; i++)
    {
      g_autofree char *url = insert_number (argv[1], i);
      g_autofree char *path = insert_number (argv[2], i);
      g_autofree char *temporary = bgc_path_temporary_name (random);
      BgcFile *file = bgc_file_new (i, url, path, temporary);

      file->checksum = g_strdup (checksum);
      drive.unsettled++;
      g_ptr_array_add (drive.files, bgc_file_copy (file));
      bgc_transfer_add (drive.transfer, file);
    }
  g_main_loop_run (drive.loop);
  g_print ("transferred: ");
  print_cost (begin);
  bgc_transfer_stop_async (drive.transfer, FALSE, on_stopped, &drive);
  g_main_loop_run (drive.loop);
  bgc_transfer_free (drive.transfer);
  results = bgc_local_file_place (drive.placements);
  for (guint i = 0; i < results->len; i++)
    {
      const BgcPlacementResult *result = g_ptr_array_index (results, i);

      if (!result->done)
        g_print ("%u not placed: %s\n", result->index, result->failure->message);
    }
  g_print ("placed: ");
  print_cost (begin);
  g_ptr_array_unref (drive.files);
  g_ptr_array_unref (drive.placements);
  g_main_loop_unref (drive.loop);
  return drive.failed > 0 ? 1 : 0;
}
