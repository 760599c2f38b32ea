/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-error-line.h"

#include <gio/gio.h>
#include <locale.h>

#include "base/bgc-error.h"

static void
assert_error (GQuark domain, int code, const char *message, const char *wanted)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, message);
  g_autofree char *line = bgc_error_line_for_error (error);

  g_assert_cmpstr (line, ==, wanted);
}

static void
test_errors (void)
{
  assert_error (BGC_ERROR, BGC_ERROR_EMPTY, "add some", "The job has no files: add some");
  assert_error (BGC_ERROR, BGC_ERROR_EMPTY, "", "The job has no files");
  assert_error (BGC_ERROR, BGC_ERROR_EMPTY, "The job has no files", "The job has no files");
  assert_error (BGC_ERROR, BGC_ERROR_EMPTY, "a\033[m\nb", "The job has no files: a\\x1B[m\\x0Ab");
  assert_error (G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, "x", "no such job");
  assert_error (G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "x", "the service went away before it answered");
  assert_error (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "x", "the service did not answer in time");
  assert_error (G_IO_ERROR, G_IO_ERROR_FAILED, "x\n", "x\\x0A");
}

static void
assert_job (const char *error, const char *wanted)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (error));
  g_autofree char *line = bgc_error_line_for_job (value);

  g_assert_cmpstr (line, ==, wanted);
}

static void
test_jobs (void)
{
  assert_job ("@a{sv} {}", NULL);
  assert_job ("'x'", NULL);
  assert_job ("{'name': <5>}", NULL);
  assert_job ("{'name': <'Timeout'>}", "The server did not answer in time");
  assert_job ("{'name': <'org.example.BackgroundCopy.Error.Timeout'>, 'message': <'m'>}",
              "The server did not answer in time: m");
  assert_job ("{'name': <'HttpStatus'>, 'message': <'Gone'>, 'http-status': <uint32 410>}",
              "The server answered with an error: Gone (HTTP status 410)");
  assert_job ("{'name': <'HttpStatus'>, 'message': <'410 Gone'>, 'http-status': <uint32 410>}",
              "The server answered with an error: 410 Gone");
  /* Nothing is said twice. */
  assert_job ("{'name': <'HttpStatus'>, 'message': <'The server answered 410 Gone'>, "
              "'http-status': <uint32 410>}",
              "The server answered 410 Gone");
  assert_job ("{'name': <'Timeout'>, 'message': <'The server did not answer in time: Socket timed out'>}",
              "The server did not answer in time: Socket timed out");
  assert_job ("{'name': <'AccessDenied'>, 'message': <'m'>, 'context': <'local-file'>}",
              "Access is denied: m");
  assert_job ("{'name': <'AccessDenied'>, 'message': <'m'>, 'context': <'remote-file'>}",
              "The server refused the file: m");
  assert_job ("{'name': <'InvalidServerResponse'>, 'message': <'m'>}", "m");
  assert_job ("{'name': <'InvalidServerResponse'>}", "The server's answer makes no sense");
  assert_job ("{'name': <'Newer'>, 'message': <'m'>}", "Newer: m");
  assert_job ("{'name': <'Newer\\u001b'>, 'message': <6>}", "Newer\\x1B");
}

static void
assert_url (const char *error, const char *wanted)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (error));
  g_autofree char *url = bgc_error_line_url (value);

  g_assert_cmpstr (url, ==, wanted);
}

static void
test_urls (void)
{
  assert_url ("@a{sv} {}", NULL);
  assert_url ("'x'", NULL);
  assert_url ("{'url': <'http://h/x'>}", NULL);
  assert_url ("{'url': <'http://h/x'>, 'context': <'local-file'>}", NULL);
  assert_url ("{'context': <'transport'>}", NULL);
  assert_url ("{'url': <'http://h/x\\u001b'>, 'context': <'transport'>}", "http://h/x\\x1B");
  assert_url ("{'url': <'http://h/x'>, 'context': <'remote-file'>}", "http://h/x");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error-line/errors", test_errors);
  g_test_add_func ("/error-line/jobs", test_jobs);
  g_test_add_func ("/error-line/urls", test_urls);
  return g_test_run ();
}
