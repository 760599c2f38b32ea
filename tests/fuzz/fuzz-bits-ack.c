/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "protocol/bgc-bits-ack.h"
#include "protocol/bgc-header-table.h"
#include "protocol/bgc-hresult.h"
#include "protocol/bgc-session-id.h"

/* What a hostile server answers. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text ((const char *) data, size);
  g_autoptr (BgcHeaderTable) again = bgc_header_table_new ();
  BgcHeaderReader reader = bgc_header_table_reader (table);
  BgcHeaderWriter writer = bgc_header_table_writer (again);
  guint8 id[BGC_SESSION_ID_BYTES];

  for (guint status = 200; status <= 500; status += 300)
    {
      g_auto (BgcBitsAck) ack = { FALSE };

      bgc_bits_ack_parse (&reader, status, &ack);
      bgc_bits_ack_write (&ack, &writer);
      bgc_hresult_to_error (ack.error_value, BGC_ERROR_INVALID_SERVER_RESPONSE);
      g_assert_true (ack.session_id == NULL || bgc_session_id_is_acceptable (ack.session_id));
      bgc_session_id_parse (ack.session_id, id);
    }

  return 0;
}
