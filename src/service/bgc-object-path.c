/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-object-path.h"

#include <string.h>

void
bgc_object_path_of_job (const BgcJobId *id, char out[BGC_OBJECT_PATH_SIZE])
{
  const gsize prefix = strlen (BGC_OBJECT_PATH_JOBS "/");

  memcpy (out, BGC_OBJECT_PATH_JOBS "/", prefix);
  bgc_job_id_to_hex (id, out + prefix);
}

gboolean
bgc_object_path_parse (const char *path, BgcJobId *out)
{
  const gsize prefix = strlen (BGC_OBJECT_PATH_JOBS "/");

  return strncmp (path, BGC_OBJECT_PATH_JOBS "/", prefix) == 0
         && bgc_job_id_is_canonical (path + prefix)
         && bgc_job_id_parse (path + prefix, out);
}
