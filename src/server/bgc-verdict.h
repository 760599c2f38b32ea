/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a request is answered: our errors as an HTTP status and a BITS error value. Pure. */

#pragma once

#include "protocol/bgc-bits-ack.h"

typedef struct
{
  guint status;            /* of HTTP */
  gboolean has_error;      /* a BITS error goes along */
  guint32 error_value;     /* see bgc-hresult.h */
  BgcErrorContext context; /* remote file: this server; remote application: the back end */
} BgcVerdict;

extern const BgcVerdict bgc_verdict_success;

/* For an error of this server; one from elsewhere is a plain 500, which clients try again. */
BgcVerdict bgc_verdict_from_error (const GError *error);
/* An offset that does not fit: the Ack carries the right one. */
BgcVerdict bgc_verdict_out_of_step (void);
/* The back end answered @status, or did not answer in time (0: none at all). */
BgcVerdict bgc_verdict_from_application (guint status);
BgcVerdict bgc_verdict_application_timeout (void);
