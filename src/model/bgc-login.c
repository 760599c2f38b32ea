/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-login.h"

#include "base/bgc-text.h"

static char *
copy_or_empty (const char *text)
{
  return g_strdup (text != NULL ? text : "");
}

BgcLogin *
bgc_login_new (BgcLoginTarget target, BgcLoginScheme scheme, const char *user, const char *password)
{
  BgcLogin *self = g_new0 (BgcLogin, 1);

  self->target = target;
  self->scheme = scheme;
  self->user = copy_or_empty (user);
  self->password = copy_or_empty (password);

  return self;
}

BgcLogin *
bgc_login_copy (const BgcLogin *self)
{
  return self == NULL ? NULL : bgc_login_new (self->target, self->scheme, self->user, self->password);
}

void
bgc_login_free (BgcLogin *self)
{
  if (self == NULL)
    return;

  bgc_text_wipe (self->user);
  bgc_text_wipe (self->password);
  g_free (self);
}
