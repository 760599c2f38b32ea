/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The certificate by which an owner shows who they are, read as the owner. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-failure.h"

/* @certificate: path of a PEM file, or PKCS#11 URI; @key (nullable): likewise, where it is not in the same
 * place. Blocks. Owned by the caller; NULL with @failure, which never repeats a URI: there may be a PIN in
 * it. */
GTlsCertificate *bgc_local_file_certificate_load (const char *certificate, const char *key,
                                                  BgcFailure **failure);
