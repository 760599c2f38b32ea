/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "protocol/bgc-host-id.h"
#include "protocol/bgc-reply-url.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *plain = bgc_reply_url_resolve ("http://farm:81/drop/notes.txt?q", text, NULL);
  g_autofree char *secure = bgc_reply_url_resolve ("https://farm/drop/notes.txt", text, NULL);
  g_autofree char *host = bgc_host_id_apply (text, "https://farm:444/drop/x?q", NULL);

  g_assert_true (plain == NULL || g_str_has_prefix (plain, "http"));
  g_assert_true (secure == NULL || g_str_has_prefix (secure, "https://"));
  g_assert_true (host == NULL
                 || (g_str_has_prefix (host, "https://") && g_str_has_suffix (host, ":444/drop/x?q")));
  if (plain != NULL)
    {
      for (const char *p = plain; *p != '\0'; p++)
        g_assert_true (g_ascii_isgraph (*p));
    }

  return 0;
}
