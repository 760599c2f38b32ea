/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-codec.h"

#include "hand-records.h"
#include "model/bgc-record.h"

#define NOW G_GINT64_CONSTANT (1790000000000000)
#define ID  "000102030405060708090a0b0c0d0e0f"

static GVariant *
parse (const char *type, const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_file (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (7, "https://example.org/a", "/srv/a", ".bgcopy-x");
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GVariant) expected = NULL, item = NULL;

  file->bytes_transferred = 10;
  file->etag = g_strdup ("\"e\"");
  file->server_date = 5;
  bgc_worker_codec_add_file (bytes, file);
  item = g_variant_ref_sink (bgc_record_end (bytes));
  expected = g_variant_ref_sink (hand_records (
    "a(ussstttttsssxuu)",
    "[(7, 'https://example.org/a', '/srv/a', '.bgcopy-x', 18446744073709551615, 18446744073709551615, 10,"
    " 0, 0, '', '\"e\"', '', 5, 0, 0)]",
    NULL));
  g_assert_true (g_variant_equal (item, expected));
}

static const BgcWorkerRules no_rules = { 0 };

static void
test_settings (void)
{
  g_autoptr (GVariant) waiting = g_variant_ref_sink (
    bgc_worker_codec_settings (BGC_PRIORITY_FOREGROUND, 4, BGC_CAP_NONE, NULL, &no_rules));
  g_autoptr (GVariant) other
    = g_variant_ref_sink (bgc_worker_codec_settings (BGC_PRIORITY_LOW, 4, 1000, NULL, &no_rules));
  guint32 seconds = 0, files = 0;
  guint64 rate = 0;
  const char *priority = "";

  g_assert_true (g_variant_lookup (other, "priority", "&s", &priority));
  g_assert_cmpstr (priority, ==, "low");
  g_assert_true (g_variant_lookup (waiting, "checkpoint-seconds", "u", &seconds));
  g_assert_cmpuint (seconds, ==, 1);
  g_assert_true (g_variant_lookup (other, "checkpoint-seconds", "u", &seconds));
  g_assert_cmpuint (seconds, ==, 5);
  g_assert_true (g_variant_lookup (other, "files-at-once", "u", &files));
  g_assert_cmpuint (files, ==, 4);
  g_assert_false (g_variant_lookup (waiting, "rate", "t", &rate));
  g_assert_true (g_variant_lookup (other, "rate", "t", &rate));
  g_assert_cmpuint (rate, ==, 1000);
}

static void
test_rules (void)
{
  const BgcWorkerRules rules = { .free_space_reserve = 5, .socket_mark = 0x10 };
  g_autoptr (GVariant) with
    = g_variant_ref_sink (bgc_worker_codec_settings (BGC_PRIORITY_LOW, 4, BGC_CAP_NONE, NULL, &rules));
  g_autoptr (GVariant) without
    = g_variant_ref_sink (bgc_worker_codec_settings (BGC_PRIORITY_LOW, 4, BGC_CAP_NONE, NULL, &no_rules));
  guint64 reserve = 0;
  guint32 mark = 0;

  g_assert_true (g_variant_lookup (with, "free-space-reserve", "t", &reserve));
  g_assert_cmpuint (reserve, ==, 5);
  g_assert_true (g_variant_lookup (with, "socket-mark", "u", &mark));
  g_assert_cmpuint (mark, ==, 0x10);
  g_assert_true (g_variant_lookup (without, "free-space-reserve", "t", &reserve));
  g_assert_cmpuint (reserve, ==, 0);
  g_assert_false (g_variant_lookup (without, "socket-mark", "u", &mark));
}

/* With the start of a run, where there are any. */
static void
test_secrets (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (GVariant) without
    = g_variant_ref_sink (bgc_worker_codec_settings (BGC_PRIORITY_LOW, 4, BGC_CAP_NONE, NULL, &no_rules));
  g_autoptr (GVariant) with = NULL;
  g_autoptr (GVariant) given = NULL;
  g_autofree char *text = NULL;

  g_assert_false (g_variant_lookup (without, "secrets", "@a{sv}", &given));
  bgc_job_secrets_set_login (secrets,
                             bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC, "u", "p"));
  with = g_variant_ref_sink (bgc_worker_codec_settings (BGC_PRIORITY_LOW, 4, 1000, secrets, &no_rules));
  g_assert_true (g_variant_lookup (with, "secrets", "@a{sv}", &given));
  text = g_variant_print (given, FALSE);
  g_assert_cmpstr (text, ==, "{'logins': <[('server', 'basic', 'u', 'p')]>}");
}

static void
test_verdicts (void)
{
  g_autoptr (GVariant) good = parse ("(bsss)", "(true, '', '', '/data/f')");
  g_autoptr (GVariant) refused = parse ("(bsss)", "(false, 'AccessDenied', 'no\\n', '')");
  g_autoptr (GVariant) nameless = parse ("(bsss)", "(false, 'Nonsense', '', '')");
  g_autoptr (GVariant) relative = parse ("(bsss)", "(true, '', '', 'data/f')");
  g_autoptr (BgcPathVerdict) first = bgc_worker_codec_read_verdict (good, NULL);
  g_autoptr (BgcPathVerdict) second = bgc_worker_codec_read_verdict (refused, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (first->allowed);
  g_assert_cmpstr (first->identity, ==, "/data/f");
  g_assert_false (second->allowed);
  g_assert_cmpint (second->code, ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_null (strchr (second->message, '\n'));
  g_assert_null (second->identity);
  g_assert_null (bgc_worker_codec_read_verdict (nameless, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
  g_assert_null (bgc_worker_codec_read_verdict (relative, NULL));
}

static void
test_results (void)
{
  g_autoptr (GVariant) failed = parse ("(ua{sv})", "(3, {'context': <'local-file'>, 'name': <'FileExists'>,"
                                                   " 'message': <'there'>, 'wait': <'none'>})");
  g_autoptr (GVariant) silent = parse ("(ua{sv})", "(3, {})");
  guint32 position = 0;
  g_autoptr (BgcFailure) failure = bgc_worker_codec_read_failed (failed, NOW, &position, NULL);

  g_assert_cmpuint (position, ==, 3);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_FILE_EXISTS);
  g_assert_cmpint (failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
  g_assert_cmpint (failure->time, ==, NOW);
  g_assert_cmpstr (failure->message, ==, "there");
  g_assert_null (bgc_worker_codec_read_failed (silent, NOW, &position, NULL));
}

static BgcReport *
read_report (const char *files)
{
  GVariant *failures = NULL;
  GVariant *records = hand_records ("a(uyttttssxua{sv})", files, &failures);
  g_autoptr (GVariant) item = g_variant_ref_sink (
    g_variant_new ("(sbttu@ay@aa{sv}@a{sv})", ID, TRUE, G_GUINT64_CONSTANT (77), G_GUINT64_CONSTANT (70),
                   BGC_YIELD_OTHERS, records, failures,
                   g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)));

  return bgc_worker_codec_read_report (item, NOW, NULL);
}

/* What is cut off, or goes on behind its end, is no record. */
static void
test_no_records (void)
{
  g_autoptr (GVariant) whole = g_variant_ref_sink (
    hand_records ("a(uyttttssx)", "[(1, 0, 10, 20, 8, 9, '\"e\"', 'Thu', 1700000000)]", NULL));
  gsize length = g_variant_get_size (whole);

  for (gsize cut = 1; cut <= length; cut++)
    {
      g_autoptr (GVariant) item = g_variant_ref_sink (g_variant_new (
        "(sbttu@ay@aa{sv}@a{sv})", ID, TRUE, G_GUINT64_CONSTANT (77), G_GUINT64_CONSTANT (0), 0,
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, g_variant_get_data (whole), cut, 1),
        g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0),
        g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)));
      g_autoptr (GError) error = NULL;

      g_assert_null (bgc_worker_codec_read_report (item, NOW, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
    }
}

static void
test_report (void)
{
  g_autoptr (BgcReport) report = read_report (
    "[(1, 0, 10, 20, 8, 9, '\"e\"', 'Thu', 1700000000, 2, {}),"
    " (2, 3, 0, 18446744073709551615, 0, 0, '', '', 0, 1, {'context': <'remote-file'>, 'name': "
    "<'HttpStatus'>,"
    " 'http-status': <uint32 503>, 'transient': <true>, 'wait': <'retry'>, 'retry-after': <uint32 60>,"
    " 'url': <'https://u:p@example.org/x'>, 'protocol': <'https'>})]");
  const BgcFileReport *file;

  g_assert_nonnull (report);
  g_assert_true (report->connected);
  g_assert_cmpuint (report->received, ==, 77);
  g_assert_cmpuint (report->sent, ==, 70);
  g_assert_cmpint (report->yields_to, ==, BGC_YIELD_OTHERS);
  g_assert_cmpuint (report->files->len, ==, 2);
  file = g_ptr_array_index (report->files, 0);
  g_assert_cmpuint (file->durable, ==, 10);
  g_assert_cmpuint (file->inode, ==, 9);
  g_assert_cmpstr (file->etag, ==, "\"e\"");
  g_assert_cmpint (file->server_date, ==, 1700000000);
  g_assert_null (file->failure);
  file = g_ptr_array_index (report->files, 1);
  g_assert_cmpuint (file->failure->http_status, ==, 503);
  g_assert_cmpuint (file->failure->retry_after, ==, 60);
  g_assert_true (file->failure->transient);
  g_assert_cmpuint (file->failure->file, ==, 2);
  /* Credentials do not come through whatever the worker thinks. */
  g_assert_null (strstr (file->failure->url, "u:p"));
}

static void
test_lies (void)
{
  g_autofree char *long_text = g_strnfill (1025, 'x');
  g_autofree char *long_etag = g_strdup_printf ("[(1, 0, 10, 20, 8, 9, '%s', '', 0, 2, {})]", long_text);
  const char *lies[] = {
    "[(1, 0, 21, 20, 8, 9, '', '', 0, 2, {})]",
    "[(1, 0, 9223372036854775808, 18446744073709551615, 8, 9, '', '', 0, 2, {})]",
    "[(1, 4, 10, 20, 8, 9, '', '', 0, 2, {})]",
    "[(1, 0, 10, 20, 8, 9, '', '', -1, 2, {})]",
    "[(1, 0, 10, 20, 8, 9, '', '', 253402300800, 2, {})]",
    "[(1, 3, 10, 20, 8, 9, '', '', 0, 2, {})]",
    "[(1, 0, 10, 20, 8, 9, '', '', 0, 2, {'name': <'Timeout'>, 'context': <'transport'>})]",
    "[(1, 3, 10, 20, 8, 9, '', '', 0, 2, {'name': <'Nonsense'>, 'context': <'transport'>})]",
    "[(1, 3, 10, 20, 8, 9, '', '', 0, 2, {'name': <uint32 5>, 'context': <'transport'>})]",
    "[(1, 3, 10, 20, 8, 9, '', '', 0, 2, {'name': <'Timeout'>, 'context': <'nowhere'>})]",
    "[(1, 3, 10, 20, 8, 9, '', '', 0, 2, {'name': <'Timeout'>, 'context': <'transport'>, 'wait': "
    "<'server-cancel'>})]",
    "[(1, 3, 10, 20, 8, 9, '', '', 0, 2, {'name': <'Timeout'>, 'context': <'transport'>, 'retry-after': "
    "<uint32 1>})]",
    "[(1, 3, 1, 2, 8, 9, '', '', 0, 2, {'name': <'Timeout'>, 'context': <'transport'>, 'http-status': "
    "<uint32 1000>})]",
    long_etag,
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (BgcReport) report = read_report (lies[i]);

      g_test_message ("%s", lies[i]);
      g_assert_null (report);
    }
}

/* More sent than moved at all, more than can be counted, a word that there is not. */
static void
test_impossible_figures (void)
{
  const char *lies[] = { "(true, 1, 2, 0)", "(true, 9223372036854775808, 0, 0)", "(true, 1, 0, 4)" };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (GVariant) lie = parse ("(bttu)", lies[i]);
      g_autoptr (GVariant) item = NULL;
      g_autoptr (GError) error = NULL;
      guint64 received, sent;
      guint32 yields_to;

      g_variant_get (lie, "(bttu)", NULL, &received, &sent, &yields_to);
      item = g_variant_ref_sink (g_variant_new (
        "(sbttu@ay@aa{sv}@a{sv})", ID, TRUE, received, sent, yields_to,
        g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0),
        g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0),
        g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)));
      g_assert_null (bgc_worker_codec_read_report (item, NOW, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-codec/file", test_file);
  g_test_add_func ("/worker-codec/settings", test_settings);
  g_test_add_func ("/worker-codec/rules", test_rules);
  g_test_add_func ("/worker-codec/secrets", test_secrets);
  g_test_add_func ("/worker-codec/verdicts", test_verdicts);
  g_test_add_func ("/worker-codec/results", test_results);
  g_test_add_func ("/worker-codec/report", test_report);
  g_test_add_func ("/worker-codec/lies", test_lies);
  g_test_add_func ("/worker-codec/no-records", test_no_records);
  g_test_add_func ("/worker-codec/impossible-figures", test_impossible_figures);
  return g_test_run ();
}
