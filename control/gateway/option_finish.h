/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option_finish.h - what follows from several options together, and what was not understood.
 */
#ifndef CP_GW_OPTION_FINISH_H
#define CP_GW_OPTION_FINISH_H

#include "control/gateway/options.h"

/* After all names: shortcuts, addresses, and whether all is there that the command needs (-1 with a sentence). */
int cp_gw_options_finish(struct cp_gw_options *o, uint32_t needs, struct en_err *err);

/* Note "TEXT", or "FRONT=TEXT", as not understood. front: NULL for none. */
void cp_gw_unknown(struct cp_gw_options *o, const char *front, const char *text);

#endif
