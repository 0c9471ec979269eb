/* SPDX-License-Identifier: BSD-3-Clause */
/* iface.h - the kernel's network interfaces, as far as ports live on them. */
#ifndef DP_IFACE_H
#define DP_IFACE_H

#include <stdbool.h>
#include <stdint.h>

/* 0 or negative errno. */
int dp_iface_up(const char *name);
int dp_iface_mac(const char *name, uint8_t ret_mac[6]);
bool dp_iface_exists(const char *name);
/* Up, and with a carrier. */
bool dp_iface_is_running(const char *name);

#endif
