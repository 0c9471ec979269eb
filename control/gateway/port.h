/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port.h - the pairs of ports of [gateway] rtp: which are free. An even port is RTP's, the next RTCP's.
 *
 * A port that was given back is taken again last: packets of an ended call shall not reach the next one.
 */
#ifndef CP_GW_PORT_H
#define CP_GW_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/conf/conf.h"

struct cp_gw_ports;

/* NULL: no memory. */
struct cp_gw_ports *cp_gw_ports_create(const struct conf_gateway *conf);
void cp_gw_ports_destroy(struct cp_gw_ports *p);
/* The even one of a pair that is a core's (shm_leg_core); 0: none is free. */
uint16_t cp_gw_ports_take(struct cp_gw_ports *p, unsigned int range, unsigned int core, unsigned int core_n);
void cp_gw_ports_give(struct cp_gw_ports *p, unsigned int range, uint16_t port);
unsigned int cp_gw_ports_used(const struct cp_gw_ports *p, unsigned int range);

#endif
