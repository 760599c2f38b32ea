/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "drive-login.h"

static BgcLogin *
parse (const char *word)
{
  g_auto (GStrv) parts = g_strsplit (word, ":", 3);
  BgcLoginScheme scheme;

  if (g_strv_length (parts) != 3 || !bgc_enums_login_scheme_from_string (parts[0], &scheme))
    return NULL;
  return bgc_login_new (BGC_LOGIN_TARGET_SERVER, scheme, parts[1], parts[2]);
}

BgcJobSecrets *
drive_login_parse (char **words)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();

  for (char **word = words; word != NULL && *word != NULL; word++)
    {
      BgcLogin *login = parse (*word);

      if (login == NULL)
        return NULL;
      bgc_job_secrets_set_login (secrets, login);
    }
  return g_steal_pointer (&secrets);
}
