/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-failure.h"

#include <stdarg.h>

#include "base/bgc-text.h"

#define MESSAGE_MAX 1024u /* bytes; one sentence, also when a server's words are in it */

BgcFailure *
bgc_failure_new (BgcErrorContext context, BgcErrorCode code, gboolean transient, const char *format, ...)
{
  BgcFailure *self = g_new0 (BgcFailure, 1);
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  self->context = context;
  self->code = code;
  self->file = BGC_FAILURE_NO_FILE;
  self->message = bgc_text_escape (message, MESSAGE_MAX);
  self->transient = transient;
  self->wait = transient ? BGC_WAIT_RETRY : BGC_WAIT_NONE;

  return self;
}

BgcFailure *
bgc_failure_copy (const BgcFailure *self)
{
  BgcFailure *copy;

  if (self == NULL)
    return NULL;

  copy = g_new (BgcFailure, 1);
  *copy = *self;
  copy->url = g_strdup (self->url);
  copy->protocol = g_strdup (self->protocol);
  copy->message = g_strdup (self->message);

  return copy;
}

void
bgc_failure_free (BgcFailure *self)
{
  if (self == NULL)
    return;

  g_free (self->url);
  g_free (self->protocol);
  g_free (self->message);
  g_free (self);
}

guint32
bgc_failure_bits_code (const BgcFailure *self)
{
  guint32 status_code = bgc_error_bits_code_for_status (self->http_status);

  return status_code != 0 ? status_code : bgc_error_bits_code (self->code);
}
