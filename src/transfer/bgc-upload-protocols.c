/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocols.h"

#include "transfer/bgc-upload-protocol-bits.h"
#include "transfer/bgc-upload-protocol-put.h"
#include "transfer/bgc-upload-protocol-resumable.h"
#include "transfer/bgc-upload-protocol-tus.h"

const BgcUploadProtocolFunctions *
bgc_upload_protocols_find (BgcUploadProtocol protocol)
{
  switch (protocol)
    {
    case BGC_UPLOAD_PROTOCOL_BITS:
      return bgc_upload_protocol_bits ();
    case BGC_UPLOAD_PROTOCOL_TUS:
      return bgc_upload_protocol_tus ();
    case BGC_UPLOAD_PROTOCOL_RESUMABLE:
      return bgc_upload_protocol_resumable ();
    case BGC_UPLOAD_PROTOCOL_PUT:
      return bgc_upload_protocol_put ();
    default:
      return NULL;
    }
}
