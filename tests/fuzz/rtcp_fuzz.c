/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_fuzz.c - every reader of RTCP on arbitrary bytes, whatever the packet's type says.
 *
 * Held besides memory safety: the packets of a compound that passed the check tile it; what was
 * read and is written again reads the same.
 */
#include <stdlib.h>

#include "engine/wire/rtcp_twcc.h"
#include "tests/harness/exact.h"

static volatile uint32_t sink; /* so that the bytes are really read */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void read_nack(const struct wire_fb *fb)
{
	struct wire_nack_walk w = {0};
	unsigned int n = 0;
	uint16_t seq;

	while (wire_nack_next(fb, &w, &seq))
		n++;
	must(n <= fb->fci_len / 4 * 17);
}

static void read_twcc(const struct wire_fb *fb)
{
	struct wire_twcc_walk w = {0};
	struct wire_twcc_packet p;
	struct wire_twcc t;
	unsigned int n = 0;

	if (!wire_twcc(fb, &t))
		return;
	while (wire_twcc_next(&t, &w, &p))
		n++;
	must(n <= t.count);
}

static void read_feedback(const struct wire_rtcp *pkt)
{
	struct wire_remb remb;
	struct wire_fb fb;
	uint32_t ssrc;
	uint8_t seq;

	if (!wire_rtcp_fb(pkt, &fb))
		return;
	read_nack(&fb);
	read_twcc(&fb);
	for (unsigned int i = 0; wire_fir(&fb, i, &ssrc, &seq); i++)
		sink ^= ssrc ^ seq;
	if (wire_remb(&fb, &remb))
		for (unsigned int i = 0; i < remb.ssrc_n; i++)
			sink ^= wire_remb_ssrc(&remb, i);
}

static void read_xr(const struct wire_rtcp *pkt)
{
	struct wire_xr_walk w = {0};
	struct wire_dlrr dlrr;
	struct wire_xr xr;
	uint64_t ntp;

	while (wire_xr_next(pkt, &w, &xr)) {
		if (wire_xr_rrtr(&xr, &ntp))
			sink ^= (uint32_t)ntp;
		for (unsigned int i = 0; wire_xr_dlrr(&xr, i, &dlrr); i++)
			sink ^= dlrr.ssrc ^ dlrr.lrr ^ dlrr.dlrr;
	}
}

static void read_all(struct wire_rtcp pkt)
{
	struct wire_report rep[WIRE_RTCP_COUNT_MAX];
	uint8_t buf[1024], len;
	struct en_writer w = en_writer(buf, sizeof(buf));
	const uint8_t *cname;
	struct wire_sr sr;
	unsigned int n = 0;
	uint32_t ssrc = 0;

	for (unsigned int i = 0; wire_rtcp_bye(&pkt, i, &ssrc); i++)
		sink ^= ssrc;
	wire_rtcp_sender(&pkt, &ssrc);
	if (wire_rtcp_cname(&pkt, ssrc, &cname, &len))
		for (unsigned int i = 0; i < len; i++)
			sink ^= cname[i];
	read_feedback(&pkt);
	read_xr(&pkt);
	while (wire_rtcp_report(&pkt, n, &rep[n < WIRE_RTCP_COUNT_MAX ? n : 0]))
		n++;
	must(n <= WIRE_RTCP_COUNT_MAX);
	if (wire_rtcp_sr(&pkt, &sr)) {
		wire_rtcp_put_sr(&w, &sr, rep, n);
		must(w.ok && memcmp(buf + 4, pkt.body, en_written(&w) - 4) == 0);
	} else if (pkt.type == WIRE_RTCP_RR && pkt.len >= 4) {
		wire_rtcp_put_rr(&w, ssrc, rep, n);
		must(w.ok && memcmp(buf + 4, pkt.body, en_written(&w) - 4) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, size % 4);
	struct wire_rtcp_walk w = wire_rtcp_walk(e.data, size);
	bool whole = wire_rtcp_check(e.data, size);
	struct wire_rtcp pkt;
	size_t sum = 0;

	while (wire_rtcp_next(&w, &pkt)) {
		sum = (size_t)(w.p - e.data);
		must(pkt.body >= e.data && pkt.body + pkt.len <= e.data + size);
		read_all(pkt);
		for (unsigned int type = WIRE_RTCP_SR; type <= WIRE_RTCP_XR; type++) {
			pkt.type = (uint8_t)type;
			read_all(pkt);
		}
	}
	must(!whole || sum == size);
	exact_free(&e);
	return 0;
}
