/* SPDX-License-Identifier: BSD-3-Clause */
/* iface.h - the kernel's network interfaces, as far as ports live on them. */
#ifndef DP_IFACE_H
#define DP_IFACE_H

#include <stdbool.h>

/* 0 or negative errno. */
int dp_iface_up(const char *name);
/*
 * Promiscuous mode for as long as the descriptor returned is open: it ends with the
 * process, however that ends. Negative errno when refused.
 */
int dp_iface_promiscuous(const char *name);
/* Receive queues in use; 1 when the interface does not say. */
unsigned int dp_iface_queues(const char *name);
bool dp_iface_exists(const char *name);
/* Up, and with a carrier. */
bool dp_iface_is_running(const char *name);

#endif
