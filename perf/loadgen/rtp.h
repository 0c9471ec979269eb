/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp.h - the load as RTP streams (RFC 3550): one a flow and direction, 20 ms of a 48 kHz
 * clock a packet, and what a receiver finds of them.
 */
#ifndef LOAD_RTP_H
#define LOAD_RTP_H

#include "perf/loadgen/bed.h"

int load_rtp_open(struct load_bed *b, struct en_err *err);
void load_rtp_reset(struct load_bed *b);
/* The header of the slot's packet, LOAD_RTP_HDR bytes. */
void load_rtp_put(const struct load_slot *s, uint8_t *p);
/* An RTP packet of the slot's stream arrived, for the first time. */
void load_rtp_take(struct load_bed *b, struct load_trial *t, const struct load_slot *s, const uint8_t *p);
/* Gaps and jitter of all streams into the trial. */
void load_rtp_sum(struct load_bed *b, struct load_trial *t);

#endif
