/* SPDX-License-Identifier: BSD-3-Clause */
/* device_open.h - from device words to a DPDK port that nobody has configured yet. Start and end only. */
#ifndef DP_DEVICE_OPEN_H
#define DP_DEVICE_OPEN_H

#include <stdint.h>

#include "dataplane/device.h"

/*
 * Find the ethdev named conf->device (then it stays its maker's), or make what
 * the words say. *ret_dev tells what it is, *ret_id is DPDK's number.
 */
int dp_device_open(const struct conf_port *conf, unsigned int queues, struct dp_device *ret_dev, uint16_t *ret_id,
		   struct en_err *err);
/*
 * Take frames for all addresses (neighbour discovery comes to multicast ones), or at least all
 * multicast. Negative errno when the device refuses both; -ENOTSUP when it knows no such thing.
 */
int dp_device_hear_all(const struct dp_device *dev, uint16_t id);
/* Undo dp_device_open(). The port is stopped. */
void dp_device_close(uint16_t id);
/* "port wan: tap:x cannot be opened: REASON (driver's words)"; code is a positive errno or DP_DEVICE_NO_REASON. Returns
 * -1. */
#define DP_DEVICE_NO_REASON 0
int dp_device_refuse(const struct conf_port *conf, const char *what, int code, struct en_err *err);

#endif
