/* SPDX-License-Identifier: BSD-3-Clause */
/* device.h - what a port's `device` words mean: a DPDK device and its arguments. */
#ifndef DP_DEVICE_H
#define DP_DEVICE_H

#include <stdbool.h>

#include "engine/base/log.h"
#include "engine/conf/conf.h"

#define DP_DEVICE_NAME_MAX  64
#define DP_DEVICE_ARGS_MAX  512
#define DP_DEVICE_IFACE_MAX 16 /* IFNAMSIZ */

enum dp_device_kind {
	DP_DEVICE_TAP,
	DP_DEVICE_XDP,
	DP_DEVICE_PACKET,
	DP_DEVICE_MEMIF,
	DP_DEVICE_PCI,
	DP_DEVICE_RAW, /* the words go to DPDK as they are */
};

struct dp_device {
	enum dp_device_kind kind;
	char name[DP_DEVICE_NAME_MAX]; /* DPDK's name: "net_tap0", "0000:03:00.0" */
	char args[DP_DEVICE_ARGS_MAX]; /* name and arguments, as rte_dev_probe() takes them */
	char iface[DP_DEVICE_IFACE_MAX]; /* kernel interface below (or made by) it; empty: none */
	bool generic; /* XDP: ",mode=generic" asks for the kernel's generic hook */
};

/*
 * Read conf->device. index tells devices of one kind apart (net_tap0, net_tap1);
 * queues is how many an af_packet device is to have. Words behind the first comma go to
 * the driver and win over what is set here. Looks at nothing but the text.
 */
int dp_device_parse(const struct conf_port *conf, unsigned int index, unsigned int queues, struct dp_device *ret_dev,
		    struct en_err *err);
/* "tap", "AF_XDP", … */
const char *dp_device_kind_name(enum dp_device_kind kind);
/* "0000:03:00.0" or "03:00.0" in the first `len` characters. */
bool dp_device_is_pci(const char *text, size_t len);

#endif
