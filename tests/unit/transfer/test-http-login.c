/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Who is shown what, and who is not. Each file is fetched by the ordinary way and by a courier; proxies are
 * those that the test puts in place of the machine's. */

#include "transfer/bgc-http-login.h"

#include "bgc-login-scene.h"
#include "bgc-transfer-scene.h"
#include "transfer/bgc-http-session.h"

#define SIZE 3000

/* ---- one file ----------------------------------------------------------------------------------- */

/* Only while it runs: what the test asks the server itself it asks directly. */
static gboolean next_by_proxy;

static void
run_with (BgcTransferScene *scene, const char *words, const char *origin)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_login_scene_secrets (words);
  BgcTransferSettings settings;

  bgc_transfer_scene_settings (&settings);
  settings.stall_seconds = 60;
  settings.secrets = secrets;
  settings.secrets_origin = origin;
  bgc_login_scene_set_proxy (next_by_proxy ? bgc_transfer_scene_port (FALSE) : 0);
  bgc_transfer_scene_run (scene, &settings);
  bgc_login_scene_set_proxy (0);
}

typedef struct
{
  const char *words;
  const char *query;
  const char *requests; /* statuses */
  guint status;         /* it fails with; 0 = it comes */
} Case;

/* "401, 200" as the scene puts it. */
static void
assert_statuses (BgcTransferScene *scene, const char *statuses)
{
  g_auto (GStrv) list = g_strsplit (statuses, ", ", 0);
  g_autoptr (GString) expected = g_string_new (NULL);

  for (char **status = list; *status != NULL; status++)
    g_string_append_printf (expected, "%s- - %s", expected->len > 0 ? ", " : "", *status);
  bgc_transfer_scene_assert_requests (scene, expected->str);
}

static void
run_case (const Case *one)
{
  g_autofree char *query = g_strdup_printf ("size=%u&%s", SIZE, one->query);
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new (query);

  g_test_message ("%s with %s", one->query, one->words);
  run_with (scene, one->words, NULL);
  if (one->status == 0)
    bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  else
    {
      bgc_transfer_scene_assert_failed (scene,
                                        one->status == 407 ? BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED
                                                           : BGC_ERROR_AUTHENTICATION_REQUIRED,
                                        FALSE);
      g_assert_cmpuint (scene->failure->http_status, ==, one->status);
    }
  assert_statuses (scene, one->requests);
}

static void
test_server (gconstpointer data)
{
  static const Case cases[] = {
    { "basic", "auth=basic", "401, 200", 0 },
    { "digest", "auth=digest", "401, 200", 0 },
    { "bearer", "auth=bearer", "200", 0 },
    { "basic", "auth=both", "401, 200", 0 },
    { "basic digest bearer", "auth=both", "401, 200", 0 },
    /* One that is wrong is tried once. */
    { "basic!", "auth=basic", "401, 401", 401 },
    { "digest!", "auth=digest", "401, 401", 401 },
    { "bearer!", "auth=bearer", "401", 401 },
    /* Nothing is shown that was not asked for. */
    { "", "auth=basic", "401", 401 },
    { "digest bearer", "auth=basic", "401", 401 },
    { "basic", "auth=digest", "401", 401 },
    { "proxy-basic proxy-digest", "auth=both", "401", 401 },
    { "digest proxy-basic", "auth=basic", "401", 401 },
    /* A question that makes no sense. */
    { "digest", "auth=digest&norealm", "401", 401 },
    { "digest", "auth=digest&nononce", "401", 401 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    run_case (&cases[i]);
}

static void
test_proxy (gconstpointer data)
{
  static const Case cases[] = {
    { "", "x", "200", 0 },
    { "proxy-basic", "proxyauth=basic", "407, 200", 0 },
    { "proxy-digest", "proxyauth=digest", "407, 200", 0 },
    { "proxy-basic digest", "proxyauth=basic&auth=digest", "407, 401, 200", 0 },
    { "proxy-basic!", "proxyauth=basic", "407, 407", 407 },
    { "proxy-digest!", "proxyauth=digest", "407, 407", 407 },
    { "", "proxyauth=basic", "407", 407 },
    { "basic digest bearer", "proxyauth=both", "407", 407 },
  };

  next_by_proxy = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    run_case (&cases[i]);
  next_by_proxy = FALSE;
}

/* Every nonce is stale: there is an end to it all the same. */
static void
test_endless (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=3000&auth=digest&nonces=0");

  run_with (scene, "digest", NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE);
}

/* What was interrupted goes on where it was. */
static void
test_resume (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=900000&cut=600000&first=1&auth=digest");

  run_with (scene, "digest", NULL);
  g_assert_nonnull (scene->failure);
  run_with (scene, "digest", NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 900000);
}

/* ---- whom the server is ------------------------------------------------------------------------- */

static void
assert_shown (BgcTransferScene *scene, const char *expected)
{
  g_autofree char *said = bgc_transfer_scene_tell_server ("/headers?name=%s", scene->name);

  g_assert_cmpstr (g_strdelimit (g_strchomp (said), "\n", '|'), ==, expected);
}

/* A file whose server leads to @target, where %s is the file's name. */
static BgcTransferScene *
new_redirected (const char *host, const char *rest)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("x");
  g_autofree char *target
    = g_strdup_printf ("http://%s:%u/f/%s?%s", host, bgc_transfer_scene_port (FALSE), scene->name, rest);
  g_autofree char *escaped = g_uri_escape_string (target, NULL, FALSE);
  g_autofree char *query = g_strconcat ("redirect=", escaped, NULL);

  g_free (scene->file->remote);
  scene->file->remote = bgc_transfer_scene_url (scene, query);
  return g_steal_pointer (&scene);
}

/* What is @shown to a server that leads to @rest at @host, which has the file. */
static void
assert_led (const char *host, const char *rest, const char *login, const char *shown)
{
  g_autoptr (BgcTransferScene) scene = new_redirected (host, rest);

  run_with (scene, login, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  assert_shown (scene, shown);
}

static void
test_own_origin (gconstpointer data)
{
  assert_led ("127.0.0.1", "size=3000&auth=basic", "basic headers",
              "- abc a=b other|- abc a=b other|Basic abc a=b other");
}

static void
test_bearer_own_origin (gconstpointer data)
{
  assert_led ("127.0.0.1", "size=3000&auth=bearer", "bearer", "Bearer - - test|Bearer - - test");
}

static void
test_other_origin (gconstpointer data)
{
  assert_led ("localhost", "size=3000", "basic digest bearer headers", "Bearer abc a=b other|- - - test");
}

/* However much it asks. */
static void
test_other_origin_asks (gconstpointer data)
{
  const char *const kinds[] = { "basic", "digest", "both", "bearer" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *query = g_strconcat ("size=3000&auth=", kinds[i], NULL);
      g_autoptr (BgcTransferScene) scene = new_redirected ("localhost", query);

      run_with (scene, "basic digest bearer headers", NULL);
      bgc_transfer_scene_assert_failed (scene, BGC_ERROR_AUTHENTICATION_REQUIRED, FALSE);
      assert_shown (scene, "Bearer abc a=b other|- - - test");
    }
}

/* Where a stranger leads is where the stranger wants it: not even back at home anything is shown. */
static void
test_back_again (gconstpointer data)
{
  g_autofree char *home
    = g_strdup_printf ("http://127.0.0.1:%u/f/home?size=3000", bgc_transfer_scene_port (FALSE));
  g_autofree char *escaped = g_uri_escape_string (home, NULL, FALSE);
  g_autofree char *rest = g_strconcat ("redirect=", escaped, NULL);
  g_autoptr (BgcTransferScene) scene = new_redirected ("localhost", rest);
  g_autofree char *shown = NULL;

  run_with (scene, "bearer headers", NULL);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  shown = bgc_transfer_scene_tell_server ("/headers?name=home");
  g_assert_cmpstr (shown, ==, "- - - test\n");
  g_free (bgc_transfer_scene_tell_server ("/forget?name=home"));
}

/* A file of which the owner did not say where it is. */
static void
test_named_origin (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=3000");
  g_autofree char *own = bgc_transfer_scene_url (scene, "");

  run_with (scene, "basic bearer headers", "http://localhost:7/");
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  assert_shown (scene, "- - - test");
  g_free (scene->file->temporary);
  scene->file->temporary = g_strdup_printf (".%s-2", scene->name);
  bgc_file_restart (scene->file);
  run_with (scene, "bearer headers", own);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  assert_shown (scene, "- - - test|Bearer abc a=b other");
}

/* ---- several requests of one session ------------------------------------------------------------ */

typedef struct
{
  guint pending;
  guint statuses[600];
} Answers;

static void
on_answer (BgcHttpReply *reply, BgcFailure *failure, gpointer data)
{
  Answers *answers = data;

  answers->pending--;
  g_assert_null (failure);
  answers->statuses[reply->status]++;
  bgc_http_reply_free (reply);
}

static void
ask (BgcHttpSession *session, const char *name, const char *query, Answers *answers)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/%s?%s", bgc_transfer_scene_port (FALSE), name, query);

  answers->pending++;
  bgc_http_session_get (session, url, 0, NULL, FALSE, cancellable, on_answer, answers);
}

static void
wait_for (Answers *answers)
{
  while (answers->pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

static BgcHttpSession *
new_session (BgcLoginScheme scheme, const char *user, const char *password)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (BgcHttpLogin) login = NULL;
  BgcHttpSession *session = bgc_http_session_new (2, "test");

  if (user != NULL)
    bgc_job_secrets_set_login (secrets, bgc_login_new (BGC_LOGIN_TARGET_SERVER, scheme, user, password));
  login = bgc_http_login_new (secrets, NULL);
  bgc_http_session_set_login (session, login);
  return session;
}

static guint
count_requests (const char *name, const char *status)
{
  g_autofree char *log = bgc_transfer_scene_tell_server ("/log?name=%s", name);
  g_auto (GStrv) lines = g_strsplit (log, "\n", 0);
  guint count = 0;

  for (char **line = lines; *line != NULL; line++)
    count += g_str_has_suffix (*line, status) ? 1 : 0;
  g_free (bgc_transfer_scene_tell_server ("/forget?name=%s", name));
  return count;
}

/* Three jobs at one server, over connections that stay open: each is who it is. */
static void
test_jobs_apart (gconstpointer data)
{
  BgcLoginScheme scheme = GPOINTER_TO_INT (data);
  const char *const kind = bgc_enums_login_scheme_to_string (scheme);
  BgcHttpSession *sessions[] = { new_session (scheme, "alice", "geheim"), new_session (scheme, "bob", "auch"),
                                 new_session (scheme, NULL, NULL) };
  g_autofree char *of_alice = g_strdup_printf ("size=10&auth=%s", kind);
  g_autofree char *of_bob = g_strdup_printf ("size=10&auth=%s&user=bob&password=auch", kind);
  Answers alice = { 0 }, bob = { 0 }, nobody = { 0 };

  for (guint round = 0; round < 10; round++)
    {
      ask (sessions[0], "apart", of_alice, &alice);
      ask (sessions[1], "apart", of_bob, &bob);
      ask (sessions[2], "apart", of_alice, &nobody);
      if (round % 3 == 2)
        wait_for (&alice);
    }
  wait_for (&alice);
  wait_for (&bob);
  wait_for (&nobody);
  g_assert_cmpuint (alice.statuses[200], ==, 10);
  g_assert_cmpuint (bob.statuses[200], ==, 10);
  g_assert_cmpuint (nobody.statuses[401], ==, 10);
  ask (sessions[1], "apart", of_alice, &bob);
  wait_for (&bob);
  g_assert_cmpuint (bob.statuses[401], ==, 1);
  g_free (bgc_transfer_scene_tell_server ("/forget?name=apart"));
  for (guint i = 0; i < G_N_ELEMENTS (sessions); i++)
    bgc_http_session_free (sessions[i]);
}

/* A job of many files must not lock its owner's account. */
static void
test_wrong_only_once (gconstpointer data)
{
  BgcLoginScheme scheme = GPOINTER_TO_INT (data);
  g_autofree char *query = g_strdup_printf ("size=10&auth=%s", bgc_enums_login_scheme_to_string (scheme));
  BgcHttpSession *session = new_session (scheme, "alice", "falsch");
  Answers answers = { 0 };

  for (guint i = 0; i < 5; i++)
    {
      ask (session, "wrong", query, &answers);
      wait_for (&answers);
    }
  g_assert_cmpuint (answers.statuses[401], ==, 5);
  g_assert_cmpuint (count_requests ("wrong", "401"), ==, 6);
  bgc_http_session_free (session);
}

/* One question serves many files; and a nonce that runs out is no wrong password. */
static void
test_nonces (void)
{
  BgcHttpSession *session = new_session (BGC_LOGIN_SCHEME_DIGEST, "alice", "geheim");
  Answers answers = { 0 };

  for (guint i = 0; i < 6; i++)
    {
      ask (session, "nonces", "size=10&auth=digest", &answers);
      wait_for (&answers);
    }
  g_assert_cmpuint (answers.statuses[200], ==, 6);
  g_assert_cmpuint (count_requests ("nonces", "401"), ==, 1);
  for (guint i = 0; i < 6; i++)
    {
      ask (session, "nonces", "size=10&auth=digest&nonces=2", &answers);
      wait_for (&answers);
    }
  g_assert_cmpuint (answers.statuses[200], ==, 12);
  g_assert_cmpuint (count_requests ("nonces", "401"), ==, 3);
  bgc_http_session_free (session);
}

/* ---- tunnels ------------------------------------------------------------------------------------ */

static BgcFailure *
tunnel (const char *words, const char *asked)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=3000");

  g_free (bgc_transfer_scene_tell_server ("/tunnel?%s", asked));
  g_free (scene->file->remote);
  scene->file->remote = g_strdup_printf ("https://127.0.0.1:%u/f/%s?size=3000",
                                         bgc_transfer_scene_port (TRUE), scene->name);
  next_by_proxy = TRUE;
  run_with (scene, words, NULL);
  next_by_proxy = FALSE;
  g_assert_nonnull (scene->failure);
  g_test_message ("%s with %s: %s", asked, words, scene->failure->message);
  return g_steal_pointer (&scene->failure);
}

/* That nobody trusts the server's certificate shows that the tunnel was there. */
static void
test_tunnel (gconstpointer data)
{
  static const struct
  {
    const char *words;
    const char *asked;
    BgcErrorCode code;
  } cases[] = {
    { "", "x", BGC_ERROR_TLS },
    { "proxy-basic", "proxyauth=basic", BGC_ERROR_TLS },
    { "proxy-digest", "proxyauth=digest", BGC_ERROR_TLS },
    { "", "proxyauth=basic", BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED },
    { "basic bearer", "proxyauth=basic", BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED },
    { "proxy-basic!", "proxyauth=basic", BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED },
    { "proxy-digest!", "proxyauth=digest", BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcFailure) failure = tunnel (cases[i].words, cases[i].asked);

      g_assert_cmpstr (bgc_error_name (failure->code), ==, bgc_error_name (cases[i].code));
      g_assert_false (failure->transient);
    }
}

/* ---- certificates ------------------------------------------------------------------------------- */

static char *
fixture (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "httpd", name, NULL);
}

static void
run_certified (BgcTransferScene *scene, const char *certificate)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_login_scene_secrets ("");
  g_autofree char *key = fixture ("test-key.pem");
  BgcTransferSettings settings;

  bgc_job_secrets_set_certificate (secrets, certificate, key);
  bgc_transfer_scene_settings (&settings);
  settings.stall_seconds = 60;
  settings.secrets = secrets;
  bgc_transfer_scene_run (scene, &settings);
}

static void
move_to (BgcTransferScene *scene, const char *host, const char *query)
{
  g_free (scene->file->remote);
  scene->file->remote = g_strdup_printf ("https://%s:%u/f/%s?%s", host, bgc_transfer_scene_port (TRUE),
                                         scene->name, query);
}

/* The server's own certificate is the client's, too, and trusted. */
static void
test_certificate (gconstpointer data)
{
  g_autofree char *path = fixture ("test-cert.pem");
  g_autoptr (GTlsDatabase) ours = g_tls_file_database_new (path, NULL);
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("x");
  g_autoptr (BgcTransferScene) away = bgc_transfer_scene_new ("x");
  g_autofree char *query = NULL;

  g_tls_backend_set_default_database (g_tls_backend_get_default (), ours);
  move_to (scene, "127.0.0.1", "size=3000");
  run_certified (scene, path);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  assert_shown (scene, "- - - test known");
  query = g_strdup_printf ("redirect=https://localhost:%u/f/%s%%3Fsize%%3D3000",
                           bgc_transfer_scene_port (TRUE), away->name);
  move_to (away, "127.0.0.1", query);
  run_certified (away, path);
  bgc_transfer_scene_assert_whole (away, 1, SIZE);
  assert_shown (away, "- - - test known|- - - test");
  g_tls_backend_set_default_database (g_tls_backend_get_default (), NULL);
}

/* Nothing is asked for without it. */
static void
test_no_certificate (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=3000");

  run_certified (scene, "/nowhere/c.pem");
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_INVALID_PATH, TRUE);
  g_assert_cmpint (scene->failure->wait, ==, BGC_WAIT_STORAGE);
  assert_shown (scene, "");
}

/* ---- the rest ----------------------------------------------------------------------------------- */

static void
test_nothing (void)
{
  g_autoptr (BgcJobSecrets) empty = bgc_job_secrets_new ();
  g_autoptr (SoupMessage) message = soup_message_new ("GET", "http://127.0.0.1/");

  g_assert_null (bgc_http_login_new (NULL, NULL));
  g_assert_null (bgc_http_login_new (empty, "http://host/"));
  g_assert_true (bgc_http_login_is_own (NULL, "http://host/"));
  g_assert_false (bgc_http_login_answers (NULL, 401));
  bgc_http_login_attach (NULL, message, TRUE);
}

static void
test_answers (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_login_scene_secrets ("proxy-basic headers");
  g_autoptr (BgcHttpLogin) login = bgc_http_login_new (secrets, "http://host/");
  const char *const authorization[] = { "authorization: Token x", NULL };
  g_autoptr (BgcHttpLogin) other = NULL;

  g_assert_false (bgc_http_login_answers (login, 401));
  g_assert_true (bgc_http_login_answers (login, 407));
  g_assert_false (bgc_http_login_answers (login, 403));
  bgc_job_secrets_set_headers (secrets, authorization, FALSE);
  other = bgc_http_login_new (secrets, NULL);
  g_assert_true (bgc_http_login_answers (other, 401));
  g_assert_true (bgc_http_login_is_own (login, "HTTP://HOST:80/x"));
  g_assert_false (bgc_http_login_is_own (login, "https://host/x"));
  g_assert_false (bgc_http_login_is_own (login, "http://host:8080/x"));
  g_assert_false (bgc_http_login_is_own (login, ""));
}

/* The request's own words stand. */
static void
test_headers (void)
{
  const char *const lines[]
    = { "X-A: 1", "x-a: 2", "Accept: text/plain", "BITS-Session-Id: mine", "Tus-Resumable: 9", "none",
        "Host: x", "X-B: \n", "X-C: 9", NULL };
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (BgcHttpLogin) login = NULL;
  g_autoptr (SoupMessage) message = soup_message_new ("GET", "http://127.0.0.1/");
  SoupMessageHeaders *sent = soup_message_get_request_headers (message);

  bgc_job_secrets_set_headers (secrets, lines, FALSE);
  login = bgc_http_login_new (secrets, NULL);
  soup_message_headers_append (sent, "Accept", "*/*");
  soup_message_headers_append (sent, "Bits-Session-Id", "ours");
  bgc_http_login_attach (login, message, TRUE);
  g_assert_cmpstr (soup_message_headers_get_list (sent, "X-A"), ==, "1, 2");
  g_assert_cmpstr (soup_message_headers_get_list (sent, "Accept"), ==, "text/plain");
  g_assert_cmpstr (soup_message_headers_get_list (sent, "BITS-Session-Id"), ==, "ours");
  g_assert_cmpstr (soup_message_headers_get_list (sent, "X-C"), ==, "9");
  g_assert_null (soup_message_headers_get_list (sent, "Tus-Resumable"));
  g_assert_null (soup_message_headers_get_list (sent, "Host"));
  g_assert_null (soup_message_headers_get_list (sent, "X-B"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  bgc_login_scene_replace_proxies ();
  g_test_add_func ("/http-login/nothing", test_nothing);
  g_test_add_func ("/http-login/answers", test_answers);
  g_test_add_func ("/http-login/headers", test_headers);
  bgc_transfer_scene_add ("/http-login/server", NULL, test_server);
  bgc_transfer_scene_add ("/http-login/endless", NULL, test_endless);
  bgc_transfer_scene_add ("/http-login/resume", NULL, test_resume);
  bgc_transfer_scene_add ("/http-login/own-origin", NULL, test_own_origin);
  bgc_transfer_scene_add ("/http-login/own-origin/bearer", NULL, test_bearer_own_origin);
  bgc_transfer_scene_add ("/http-login/other-origin", NULL, test_other_origin);
  bgc_transfer_scene_add ("/http-login/other-origin/asks", NULL, test_other_origin_asks);
  bgc_transfer_scene_add ("/http-login/back-again", NULL, test_back_again);
  bgc_transfer_scene_add ("/http-login/named-origin", NULL, test_named_origin);
  g_test_add_data_func ("/http-login/jobs-apart/basic", GINT_TO_POINTER (BGC_LOGIN_SCHEME_BASIC),
                        test_jobs_apart);
  g_test_add_data_func ("/http-login/jobs-apart/digest", GINT_TO_POINTER (BGC_LOGIN_SCHEME_DIGEST),
                        test_jobs_apart);
  g_test_add_data_func ("/http-login/wrong-only-once/basic", GINT_TO_POINTER (BGC_LOGIN_SCHEME_BASIC),
                        test_wrong_only_once);
  g_test_add_data_func ("/http-login/wrong-only-once/digest", GINT_TO_POINTER (BGC_LOGIN_SCHEME_DIGEST),
                        test_wrong_only_once);
  g_test_add_func ("/http-login/nonces", test_nonces);
  bgc_transfer_scene_add ("/http-login/proxy", NULL, test_proxy);
  bgc_transfer_scene_add ("/http-login/tunnel", NULL, test_tunnel);
  bgc_transfer_scene_add ("/http-login/certificate", NULL, test_certificate);
  bgc_transfer_scene_add ("/http-login/certificate/none", NULL, test_no_certificate);
  return bgc_transfer_scene_run_tests ();
}
