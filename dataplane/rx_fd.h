/* SPDX-License-Identifier: BSD-3-Clause */
/* rx_fd.h - descriptors that become readable when a receive queue has packets. */
#ifndef DP_RX_FD_H
#define DP_RX_FD_H

#include "dataplane/core.h"
#include "dataplane/device.h"

/* Whether the driver is to be configured with receive interrupts: it gives descriptors then. */
bool dp_rx_fd_by_interrupt(enum dp_device_kind kind);
/*
 * Fill port->rx_fd, right after the port's start and in the thread that opens ports one after the other.
 * They stay the driver's: to wait on, not to read or close.
 */
void dp_rx_fd_find(const struct dp_device *dev, struct dp_port *port);
/* Before the port is closed. */
void dp_rx_fd_forget(struct dp_port *port);

#endif
