/* SPDX-License-Identifier: BSD-3-Clause */
/* link.h - the wires of the lab: ring ports, what came out of them, and hosts that answer who they are. */
#ifndef TESTS_NODE_LINK_H
#define TESTS_NODE_LINK_H

#include "tests/node/lib/lab.h"

void link_open(unsigned int ports, unsigned int queues);
void link_close(void);
/* Device name of port i, for the configuration. */
const char *link_device(unsigned int i);
/* Take what the engine sent: check it, answer ARP and ND, keep the rest for lab_recv(). */
void link_collect(void);
/* Throw away what nobody received. */
void link_discard(void);
/* The first thing that was wrong with a frame of the engine, or "". */
const char *link_complaint(void);

#endif
