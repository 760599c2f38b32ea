/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-event.h"

static const char *const message_ids[] = {
  [BGC_EVENT_JOB_CREATED] = "078b11867b014b57b2c57509edf1cb5a",
  [BGC_EVENT_JOB_RESUMED] = "2fd52bae49d349729acebeb5d78a9400",
  [BGC_EVENT_JOB_SUSPENDED] = "0aea6ae8cdfe4930a5611d4fe14bb6e6",
  [BGC_EVENT_JOB_INTERRUPTED] = "2756b03b59814553acebfb24b5c35928",
  [BGC_EVENT_JOB_TRANSFERRED] = "db92f96561394fd6aa57f6935becf33e",
  [BGC_EVENT_JOB_FAILED] = "b824c864ea3a48ff8485efb0dd5ab9f8",
  [BGC_EVENT_JOB_COMPLETED] = "3f9a5aa6c30e4b99b27a9d916f069491",
  [BGC_EVENT_JOB_CANCELLED] = "9060579648654b7db6ef17e6bf61bf90",
  [BGC_EVENT_JOB_OWNER_CHANGED] = "d074d7ce47c54e57a21027a53c41c784",
  [BGC_EVENT_SERVER_CANCEL_PENDING] = "bd539b198f094e9086fdcd02599ac89b",
  [BGC_EVENT_SERVER_CANCEL_SETTLED] = "57b20b24c2d949a8ad88d07a80940b69",
  [BGC_EVENT_SERVER_CANCEL_GIVEN_UP] = "06261b59f9c9405b80e40eb0e501004a",
  [BGC_EVENT_REFUSED] = "4f8abc0281b149f1b07ce363d59ba490",
  [BGC_EVENT_WORKER_LOST] = "da50fa3ed58847e9a73d67098491b51e",
};

G_STATIC_ASSERT (G_N_ELEMENTS (message_ids) == BGC_N_EVENTS);

const char *
bgc_event_message_id (BgcEvent event)
{
  g_return_val_if_fail (event < BGC_N_EVENTS, NULL);

  return message_ids[event];
}
