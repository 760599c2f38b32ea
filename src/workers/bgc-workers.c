/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-workers.h"

enum
{
  SIGNAL_REPORT,
  SIGNAL_LOST,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (BgcWorkers, bgc_workers, G_TYPE_OBJECT)

static void
bgc_workers_default_init (BgcWorkersInterface *iface)
{
  signals[SIGNAL_REPORT] = g_signal_new ("report", BGC_TYPE_WORKERS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_UINT);
  signals[SIGNAL_LOST] = g_signal_new ("lost", BGC_TYPE_WORKERS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_STRING);
}

void
bgc_workers_check_async (BgcWorkers *self, guint32 owner, const char *const *paths,
                         GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->check_async (self, owner, paths, callback, data);
}

GPtrArray *
bgc_workers_check_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->check_finish (self, result, error);
}

void
bgc_workers_start_job_async (BgcWorkers *self, const BgcJob *job, guint files_at_once, guint64 rate,
                             GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->start_job_async (self, job, files_at_once, rate, callback, data);
}

gboolean
bgc_workers_start_job_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->start_job_finish (self, result, error);
}

void
bgc_workers_limit_job (BgcWorkers *self, guint32 owner, const BgcJobId *id, guint64 rate)
{
  BGC_WORKERS_GET_IFACE (self)->limit_job (self, owner, id, rate);
}

void
bgc_workers_stop_job_async (BgcWorkers *self, guint32 owner, const BgcJobId *id, gboolean discard,
                            GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->stop_job_async (self, owner, id, discard, callback, data);
}

gboolean
bgc_workers_stop_job_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->stop_job_finish (self, result, error);
}

void
bgc_workers_place_async (BgcWorkers *self, guint32 owner, GPtrArray *placements, GAsyncReadyCallback callback,
                         gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->place_async (self, owner, placements, callback, data);
}

GPtrArray *
bgc_workers_place_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->place_finish (self, result, error);
}

void
bgc_workers_check_source_async (BgcWorkers *self, guint32 owner, const char *path,
                                GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->check_source_async (self, owner, path, callback, data);
}

void
bgc_workers_check_trusted_async (BgcWorkers *self, guint32 owner, const char *const *paths,
                                 GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (self, NULL, callback, data);

  g_task_set_source_tag (task, bgc_workers_check_trusted_async);
  g_task_set_name (task, "bgc_workers_check_trusted");
  BGC_WORKERS_GET_IFACE (self)->check_trusted (self, owner, paths, task);
}

gboolean
bgc_workers_check_trusted_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  g_autofree gpointer answer = g_task_propagate_pointer (G_TASK (result), error);

  return answer != NULL;
}

void
bgc_workers_check_room_async (BgcWorkers *self, guint32 owner, const BgcFile *file,
                              GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (self, NULL, callback, data);

  g_task_set_source_tag (task, bgc_workers_check_room_async);
  g_task_set_name (task, "bgc_workers_check_room");
  BGC_WORKERS_GET_IFACE (self)->check_room (self, owner, file, task);
}

gboolean
bgc_workers_check_room_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return bgc_workers_check_trusted_finish (self, result, error);
}

gboolean
bgc_workers_check_source_finish (BgcWorkers *self, GAsyncResult *result, guint64 *size, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->check_source_finish (self, result, size, error);
}

void
bgc_workers_cancel_session_async (BgcWorkers *self, const BgcJob *job, GAsyncReadyCallback callback,
                                  gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->cancel_session_async (self, job, callback, data);
}

gboolean
bgc_workers_cancel_session_finish (BgcWorkers *self, GAsyncResult *result, gboolean *settled,
                                   BgcFailure **failure, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->cancel_session_finish (self, result, settled, failure, error);
}

void
bgc_workers_read_reply_async (BgcWorkers *self, guint32 owner, const BgcFile *reply,
                              GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->read_reply_async (self, owner, reply, callback, data);
}

GBytes *
bgc_workers_read_reply_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->read_reply_finish (self, result, error);
}

void
bgc_workers_find_temporaries_async (BgcWorkers *self, guint32 owner, guint32 tag, guint first,
                                    GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->find_temporaries_async (self, owner, tag, first, callback, data);
}

GPtrArray *
bgc_workers_find_temporaries_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->find_temporaries_finish (self, result, error);
}

void
bgc_workers_shut_down_async (BgcWorkers *self, GAsyncReadyCallback callback, gpointer data)
{
  BGC_WORKERS_GET_IFACE (self)->shut_down_async (self, callback, data);
}

gboolean
bgc_workers_shut_down_finish (BgcWorkers *self, GAsyncResult *result, GError **error)
{
  return BGC_WORKERS_GET_IFACE (self)->shut_down_finish (self, result, error);
}

void
bgc_workers_emit_report (BgcWorkers *self, const BgcReport *report, guint32 owner)
{
  g_signal_emit (self, signals[SIGNAL_REPORT], 0, report, owner);
}

void
bgc_workers_emit_lost (BgcWorkers *self, guint32 owner, const char *why)
{
  g_signal_emit (self, signals[SIGNAL_LOST], 0, owner, why);
}
