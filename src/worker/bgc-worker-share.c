/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-share.h"

#include <gio/gunixfdlist.h>

/* A number that names none is -1, which is no page. */
static int
descriptor_at (const int *descriptors, int count, gint32 handle)
{
  return handle >= 0 && handle < count ? descriptors[handle] : -1;
}

void
bgc_worker_share_take (BgcCourtesy *courtesy, GDBusMessage *call)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (call);
  g_autoptr (GVariantIter) handles = NULL;
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (int));
  const int *descriptors = NULL;
  gint32 own, other;
  int count = 0;

  if (list != NULL)
    descriptors = g_unix_fd_list_peek_fds (list, &count);
  g_variant_get (g_dbus_message_get_body (call), "(hah)", &own, &handles);
  while (g_variant_iter_next (handles, "h", &other))
    {
      int descriptor = descriptor_at (descriptors, count, other);

      g_array_append_val (others, descriptor);
    }
  bgc_courtesy_share (courtesy, descriptor_at (descriptors, count, own), (const int *)others->data,
                      others->len);
}
