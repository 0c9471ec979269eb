/* SPDX-License-Identifier: BSD-3-Clause */
/* xdp.h - the XDP program that brings a queue's packets to our AF_XDP socket. Start only. */
#ifndef DP_XDP_H
#define DP_XDP_H

#include <stdbool.h>

#include "engine/base/log.h"

/*
 * Attach it to an interface, natively where the driver can, or by the kernel's
 * generic hook. It is there as long as *ret_link (a descriptor) is open: however this
 * process ends, the interface is the kernel's again. port: the port's name, for
 * messages.
 */
int dp_xdp_attach(const char *port, const char *iface, bool generic, int *ret_link, struct en_err *err);

#endif
