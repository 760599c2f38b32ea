/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-resume.h"

#include <libsoup/soup.h>

/* Seconds by which Last-Modified must lie before the Date it came with to name one version only. RFC
 * 9110 (8.8.2.2) asks for one second where one clock writes both; the sixty of RFC 7232 also cover
 * coarse file systems and servers behind a balancer whose clocks differ. */
#define SAFE_AGE 60

typedef enum
{
  MATCH_SAME = 0, /* a strong validator agrees and none differs */
  MATCH_UNPROVEN, /* nothing differs, nothing strong agrees */
  MATCH_ROTATED,  /* another entity tag on what else looks the same */
  MATCH_DIFFERENT
} Match;

static gboolean
is_strong (const char *etag)
{
  return etag != NULL && etag[0] == '"';
}

static const char *
opaque_part (const char *etag)
{
  return g_str_has_prefix (etag, "W/") ? etag + 2 : etag;
}

static gboolean
is_safely_old (const BgcHttpHeld *held)
{
  g_autoptr (GDateTime) modified = NULL;

  if (held->last_modified == NULL || held->server_date <= 0)
    return FALSE;
  modified = soup_date_time_new_from_http_string (held->last_modified);
  return modified != NULL && held->server_date - g_date_time_to_unix (modified) >= SAFE_AGE;
}

static Match
match_validators (const BgcHttpHeld *held, const BgcHttpAnswer *answer)
{
  gboolean dated = held->last_modified != NULL && answer->last_modified != NULL;
  gboolean same_date = dated && g_str_equal (held->last_modified, answer->last_modified);

  if (dated && !same_date)
    return MATCH_DIFFERENT;
  if (held->etag != NULL && answer->etag != NULL)
    {
      if (!g_str_equal (opaque_part (held->etag), opaque_part (answer->etag)))
        return same_date ? MATCH_ROTATED : MATCH_DIFFERENT;
      if (is_strong (held->etag) && is_strong (answer->etag))
        return MATCH_SAME;
    }
  return same_date && is_safely_old (held) ? MATCH_SAME : MATCH_UNPROVEN;
}

BgcHttpAsk
bgc_http_resume_first (const BgcHttpHeld *held)
{
  /* Without a length nothing that a server says later can be checked against what is held. */
  if (held->bytes == 0 || held->total == BGC_SIZE_UNKNOWN || held->bytes > held->total)
    return BGC_HTTP_ASK_WHOLE_FILE;
  if (is_strong (held->etag) || is_safely_old (held))
    return BGC_HTTP_ASK_CONDITIONAL;
  return BGC_HTTP_ASK_OVERLAP;
}

guint64
bgc_http_resume_offset (const BgcHttpHeld *held, BgcHttpAsk ask)
{
  if (ask == BGC_HTTP_ASK_WHOLE_FILE)
    return 0;
  if (ask == BGC_HTTP_ASK_OVERLAP)
    return held->bytes - MIN (held->bytes, BGC_HTTP_RESUME_OVERLAP);
  return held->bytes;
}

const char *
bgc_http_resume_condition (const BgcHttpHeld *held, BgcHttpAsk ask)
{
  if (ask != BGC_HTTP_ASK_CONDITIONAL)
    return NULL;
  return is_strong (held->etag) ? held->etag : held->last_modified;
}

static BgcHttpVerdict
ask_again (BgcHttpAsk ask, gboolean changed)
{
  return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_ASK, .ask = ask, .changed = changed };
}

static BgcHttpVerdict
judge_whole (const BgcHttpHeld *held, BgcHttpAsk ask, const BgcHttpAnswer *answer)
{
  BgcHttpVerdict take = { .step = BGC_HTTP_STEP_TAKE, .changed = TRUE };
  Match match = match_validators (held, answer);

  if (ask == BGC_HTTP_ASK_WHOLE_FILE)
    {
      take.changed = FALSE;
      return take;
    }
  if (answer->length != held->total || match == MATCH_DIFFERENT)
    return take;
  if (ask == BGC_HTTP_ASK_CONDITIONAL)
    return ask_again (match == MATCH_SAME ? BGC_HTTP_ASK_RANGE : BGC_HTTP_ASK_OVERLAP, FALSE);
  take.changed = FALSE; /* it knows no ranges */
  return take;
}

static BgcHttpVerdict
judge_part (const BgcHttpHeld *held, BgcHttpAsk ask, const BgcHttpAnswer *answer)
{
  const BgcHttpRange *range = &answer->range;
  Match match = match_validators (held, answer);

  if (ask == BGC_HTTP_ASK_WHOLE_FILE)
    return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_REFUSE };
  if (!answer->has_range || range->unsatisfied || range->total == BGC_SIZE_UNKNOWN
      || range->first != bgc_http_resume_offset (held, ask)
      || (answer->length != BGC_SIZE_UNKNOWN && answer->length != range->last - range->first + 1))
    return ask_again (BGC_HTTP_ASK_WHOLE_FILE, FALSE);
  if (range->total != held->total || match == MATCH_DIFFERENT)
    return ask_again (BGC_HTTP_ASK_WHOLE_FILE, TRUE);
  if (ask == BGC_HTTP_ASK_OVERLAP)
    return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_COMPARE };
  if (match == MATCH_SAME)
    return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_APPEND };
  return ask_again (BGC_HTTP_ASK_OVERLAP, FALSE);
}

static BgcHttpVerdict
judge_unsatisfied (const BgcHttpHeld *held, BgcHttpAsk ask, const BgcHttpAnswer *answer)
{
  const BgcHttpRange *range = &answer->range;

  if (ask == BGC_HTTP_ASK_WHOLE_FILE)
    return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_REFUSE };
  if (answer->has_range && range->unsatisfied && range->total == held->bytes
      && (held->total == BGC_SIZE_UNKNOWN || held->total == held->bytes)
      && match_validators (held, answer) == MATCH_SAME)
    return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_COMPLETE };
  return ask_again (BGC_HTTP_ASK_WHOLE_FILE, TRUE);
}

BgcHttpVerdict
bgc_http_resume_judge (const BgcHttpHeld *held, BgcHttpAsk ask, const BgcHttpAnswer *answer)
{
  switch (answer->status)
    {
    case SOUP_STATUS_OK:
    case SOUP_STATUS_NON_AUTHORITATIVE:
      return judge_whole (held, ask, answer);
    case SOUP_STATUS_PARTIAL_CONTENT:
      return judge_part (held, ask, answer);
    case SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE:
      return judge_unsatisfied (held, ask, answer);
    case SOUP_STATUS_PRECONDITION_FAILED:
      if (ask != BGC_HTTP_ASK_WHOLE_FILE)
        return ask_again (BGC_HTTP_ASK_WHOLE_FILE, TRUE);
      return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_REFUSE };
    default:
      return (BgcHttpVerdict){ .step = BGC_HTTP_STEP_REFUSE };
    }
}
