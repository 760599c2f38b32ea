/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-schema.h"

/* Sizes, devices and inodes are 64 unsigned bits held in a signed column: -1 is all ones, "not known".
 * Enumerations are numbers of base/bgc-enums.h, times microseconds since the epoch. A released step is
 * never edited: a new one goes below it, with a file of the version before under tests/unit/store. */
static const char *const migrations[] = {
  /* 1: jobs, files, leftovers, and what made no sense */
  "CREATE TABLE jobs ("
  "  sequence INTEGER PRIMARY KEY,"
  "  id BLOB NOT NULL UNIQUE,"
  "  type INTEGER NOT NULL,"
  "  owner INTEGER NOT NULL,"
  "  state INTEGER NOT NULL,"
  "  priority INTEGER NOT NULL,"
  "  display_name TEXT NOT NULL,"
  "  description TEXT NOT NULL,"
  "  creation_time INTEGER NOT NULL,"
  "  modification_time INTEGER NOT NULL,"
  "  completion_time INTEGER NOT NULL,"
  "  minimum_retry_delay INTEGER NOT NULL,"
  "  retry_delay_is_set INTEGER NOT NULL,"
  "  no_progress_timeout INTEGER NOT NULL,"
  "  maximum_download_time INTEGER NOT NULL,"
  "  notify_flags INTEGER NOT NULL,"
  "  minimum_notification_interval INTEGER NOT NULL,"
  "  auto_complete INTEGER NOT NULL,"
  "  error_count INTEGER NOT NULL,"
  "  retry_count INTEGER NOT NULL,"
  "  error TEXT,"
  "  wait_reason INTEGER NOT NULL,"
  "  next_attempt INTEGER NOT NULL,"
  "  active_time INTEGER NOT NULL,"
  "  no_progress_time INTEGER NOT NULL,"
  "  completing INTEGER NOT NULL,"
  "  next_index INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE files ("
  "  job INTEGER NOT NULL REFERENCES jobs (sequence) ON DELETE CASCADE,"
  "  idx INTEGER NOT NULL,"
  "  state INTEGER NOT NULL,"
  "  overwrite INTEGER NOT NULL,"
  "  validated INTEGER NOT NULL,"
  "  remote TEXT NOT NULL,"
  "  local TEXT NOT NULL,"
  "  identity TEXT,"
  "  temporary TEXT NOT NULL,"
  "  device INTEGER NOT NULL,"
  "  inode INTEGER NOT NULL,"
  "  expected_size INTEGER NOT NULL,"
  "  bytes_total INTEGER NOT NULL,"
  "  bytes_transferred INTEGER NOT NULL,"
  "  checksum TEXT,"
  "  etag TEXT,"
  "  last_modified TEXT,"
  "  server_date INTEGER NOT NULL,"
  "  attempts INTEGER NOT NULL,"
  "  restarts INTEGER NOT NULL,"
  "  failure TEXT,"
  "  PRIMARY KEY (job, idx)"
  ") STRICT, WITHOUT ROWID;"
  /* A leftover's number is never given twice: one that was settled may still be asked to settle. */
  "CREATE TABLE leftovers ("
  "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  owner INTEGER NOT NULL,"
  "  path TEXT NOT NULL,"
  "  device INTEGER NOT NULL,"
  "  inode INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE damaged ("
  "  id INTEGER PRIMARY KEY,"
  "  origin TEXT NOT NULL,"
  "  reason TEXT NOT NULL,"
  "  content TEXT NOT NULL"
  ") STRICT;",
  /* 2: uploads; the four of cancel_ are one deadline, which there is while cancel_boot_id is not NULL; the
   * age of leftovers */
  "ALTER TABLE jobs ADD COLUMN upload_protocol INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE jobs ADD COLUMN upload TEXT;"
  "ALTER TABLE jobs ADD COLUMN reply_file_name TEXT;"
  "ALTER TABLE jobs ADD COLUMN cancel_boot_id TEXT;"
  "ALTER TABLE jobs ADD COLUMN cancel_boot INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE jobs ADD COLUMN cancel_remaining INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE jobs ADD COLUMN cancel_wall INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE leftovers ADD COLUMN since INTEGER NOT NULL DEFAULT 0;",
  /* 3: what a job keeps secret; see bgc-secrets-record.h for the record */
  "CREATE TABLE secrets ("
  "  job INTEGER NOT NULL REFERENCES jobs (sequence) ON DELETE CASCADE,"
  "  field INTEGER NOT NULL,"
  "  record BLOB NOT NULL,"
  "  PRIMARY KEY (job, field)"
  ") STRICT;",
  /* 4: on which networks a job may run */
  "ALTER TABLE jobs ADD COLUMN cost_policy INTEGER NOT NULL DEFAULT 0;",
  /* 5: how fast a job may be, bytes a second, 0 = no limit */
  "ALTER TABLE jobs ADD COLUMN bandwidth_limit INTEGER NOT NULL DEFAULT 0;",
};

guint
bgc_store_schema_version (void)
{
  return G_N_ELEMENTS (migrations);
}

int
bgc_store_schema_read_version (sqlite3 *connection, guint *version)
{
  sqlite3_stmt *statement = NULL;
  int result = sqlite3_prepare_v2 (connection, "PRAGMA user_version", -1, &statement, NULL);

  if (result != SQLITE_OK)
    return result;
  result = sqlite3_step (statement);
  if (result == SQLITE_ROW)
    {
      /* A negative one is no version of ours: as newer than all. */
      *version = (guint) sqlite3_column_int (statement, 0);
      result = SQLITE_OK;
    }
  sqlite3_finalize (statement);
  return result;
}

static int
apply_one (sqlite3 *connection, guint to, const char *step)
{
  g_autofree char *version = g_strdup_printf ("PRAGMA user_version = %u", to);
  int result = sqlite3_exec (connection, "BEGIN IMMEDIATE", NULL, NULL, NULL);

  if (result == SQLITE_OK)
    result = sqlite3_exec (connection, step, NULL, NULL, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_exec (connection, version, NULL, NULL, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_exec (connection, "COMMIT", NULL, NULL, NULL);
  return result;
}

int
bgc_store_schema_apply (sqlite3 *connection, guint version, const char *const *steps, guint n_steps)
{
  int result = SQLITE_OK;

  /* A step that failed leaves its transaction open, so that the connection still tells why; closing it
   * rolls back. */
  for (guint n = version; n < n_steps && result == SQLITE_OK; n++)
    result = apply_one (connection, n + 1, steps[n]);
  return result;
}

int
bgc_store_schema_migrate (sqlite3 *connection, guint version)
{
  return bgc_store_schema_apply (connection, version, migrations, G_N_ELEMENTS (migrations));
}
