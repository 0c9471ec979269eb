/* SPDX-License-Identifier: BSD-3-Clause */
/* internal.h - what the files of control/admin share. */
#ifndef CP_ADMIN_INTERNAL_H
#define CP_ADMIN_INTERNAL_H

#include <stdio.h>

#include <jansson.h>

#include "control/admin/admin.h"
#include "engine/conf/conf.h"
#include "engine/shm/region.h"

/* metrics.c: from a checked private copy of the dataplane's pages; on any thread. */
void cp_metrics_region(const struct shm_region *r, FILE *out);
/* What control itself knows. */
void cp_metrics_control(const struct cp_control *control, FILE *out);

/* calls.c: what signaling knows; a document of its own each. */
json_t *cp_admin_rooms(const struct cp_control *control);
json_t *cp_admin_sessions(const struct cp_control *control);
json_t *cp_admin_data(const struct cp_control *control);
json_t *cp_admin_calls(const struct cp_control *control);
/* One call; NULL: there is none of that id. */
json_t *cp_admin_call(const struct cp_control *control, const char *id);

#endif
