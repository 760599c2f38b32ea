/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config.h"

#include "daemon/bgc-config-bandwidth.h"
#include "daemon/bgc-config-limits.h"
#include "daemon/bgc-config-mistakes.h"

void
bgc_config_init (BgcConfig *self)
{
  bgc_limits_init (&self->limits);
  bgc_timetable_init (&self->timetable);
}

void
bgc_config_clear (BgcConfig *self)
{
  bgc_timetable_clear (&self->timetable);
}

void
bgc_config_read (const GPtrArray *files, const BgcConfig *running, BgcConfig *made, GPtrArray *mistakes)
{
  BgcConfigLimits limits = { .limits = &made->limits };
  BgcConfigBandwidth bandwidth = { .timetable = &made->timetable };
  BgcConfigGroup groups[2];
  BgcConfigLines lines = { .groups = groups, .n_groups = G_N_ELEMENTS (groups), .mistakes = mistakes };

  bgc_config_limits_group (&limits, &groups[0]);
  bgc_config_bandwidth_group (&bandwidth, &groups[1]);
  bgc_config_clear (made);
  bgc_config_init (made);
  /* A directory that could not be read was told before. */
  lines.unreadable = bgc_config_mistakes_any_grave (mistakes);
  for (guint i = 0; i < files->len; i++)
    bgc_config_lines_read (&lines, g_ptr_array_index (files, i));
  if (running == NULL)
    return;
  bgc_config_limits_keep (&limits, &running->limits, lines.unreadable);
  bgc_config_bandwidth_keep (&bandwidth, &running->timetable, lines.unreadable);
}
