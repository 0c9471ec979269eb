/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_build.c - write RTCP.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   C3  what is written is whole words and passes wire_rtcp_check(); reserved fields and padding are zero.
 *
 * Specs:     rtcp.h names them.
 */
#include "engine/wire/rtcp.h"

#define REMB_MANTISSA 0x3ffff

uint8_t *wire_rtcp_begin(struct en_writer *w, unsigned int count, enum wire_rtcp_type type)
{
	uint8_t *head = w->p;

	if (count > WIRE_RTCP_COUNT_MAX)
		w->ok = false;
	en_put8(w, (uint8_t)(2 << 6 | count));
	en_put8(w, (uint8_t)type);
	en_put16(w, 0);
	return head;
}

void wire_rtcp_end(struct en_writer *w, uint8_t *head)
{
	if (w->ok)
		en_store16(head + 2, (uint16_t)((size_t)(w->p - head) / 4 - 1));
}

static void put_reports(struct en_writer *w, const struct wire_report *report, unsigned int n)
{
	for (unsigned int i = 0; i < n && w->ok; i++) {
		en_put32(w, report[i].ssrc);
		en_put32(w, (uint32_t)report[i].fraction << 24 | ((uint32_t)report[i].lost & 0xffffff));
		en_put32(w, report[i].ext_seq);
		en_put32(w, report[i].jitter);
		en_put32(w, report[i].lsr);
		en_put32(w, report[i].dlsr);
	}
}

void wire_rtcp_put_sr(struct en_writer *w, const struct wire_sr *sr, const struct wire_report *report, unsigned int n)
{
	uint8_t *head = wire_rtcp_begin(w, n, WIRE_RTCP_SR);

	en_put32(w, sr->ssrc);
	en_put64(w, sr->ntp);
	en_put32(w, sr->rtp);
	en_put32(w, sr->packets);
	en_put32(w, sr->octets);
	put_reports(w, report, n);
	wire_rtcp_end(w, head);
}

void wire_rtcp_put_rr(struct en_writer *w, uint32_t ssrc, const struct wire_report *report, unsigned int n)
{
	uint8_t *head = wire_rtcp_begin(w, n, WIRE_RTCP_RR);

	en_put32(w, ssrc);
	put_reports(w, report, n);
	wire_rtcp_end(w, head);
}

void wire_rtcp_put_cname(struct en_writer *w, const uint32_t *ssrc, unsigned int n, const char *cname)
{
	uint8_t *head = wire_rtcp_begin(w, n, WIRE_RTCP_SDES);
	size_t len = strnlen(cname, WIRE_RTCP_CNAME_MAX + 1);

	if (len > WIRE_RTCP_CNAME_MAX)
		w->ok = false;
	for (unsigned int i = 0; i < n && w->ok; i++) {
		en_put32(w, ssrc[i]);
		en_put8(w, WIRE_SDES_CNAME);
		en_put8(w, (uint8_t)len);
		en_put(w, cname, len);
		/* RFC 3550 s6.5: one null octet at least ends the items, more of them fill the word */
		en_put_zero(w, 4 - (2 + len) % 4);
	}
	wire_rtcp_end(w, head);
}

void wire_rtcp_put_bye(struct en_writer *w, const uint32_t *ssrc, unsigned int n)
{
	uint8_t *head = wire_rtcp_begin(w, n, WIRE_RTCP_BYE);

	for (unsigned int i = 0; i < n && w->ok; i++)
		en_put32(w, ssrc[i]);
	wire_rtcp_end(w, head);
}

static uint8_t *begin_fb(struct en_writer *w, enum wire_rtcp_type type, unsigned int fmt, uint32_t sender,
			 uint32_t media)
{
	uint8_t *head = wire_rtcp_begin(w, fmt, type);

	en_put32(w, sender);
	en_put32(w, media);
	return head;
}

void wire_rtcp_put_pli(struct en_writer *w, uint32_t sender, uint32_t media)
{
	wire_rtcp_end(w, begin_fb(w, WIRE_RTCP_PSFB, WIRE_PSFB_PLI, sender, media));
}

void wire_rtcp_put_fir(struct en_writer *w, uint32_t sender, uint32_t ssrc, uint8_t seq)
{
	uint8_t *head = begin_fb(w, WIRE_RTCP_PSFB, WIRE_PSFB_FIR, sender, 0);

	en_put32(w, ssrc);
	en_put32(w, (uint32_t)seq << 24);
	wire_rtcp_end(w, head);
}

void wire_rtcp_put_nack(struct en_writer *w, uint32_t sender, uint32_t media, const uint16_t *seq, unsigned int n)
{
	uint8_t *head = begin_fb(w, WIRE_RTCP_RTPFB, WIRE_RTPFB_NACK, sender, media);

	for (unsigned int i = 0; i < n;) {
		uint16_t pid = seq[i++], mask = 0;

		for (; i < n; i++) {
			unsigned int ahead = (uint16_t)(seq[i] - pid - 1);

			if (ahead >= 16)
				break;
			mask |= (uint16_t)(1u << ahead);
		}
		en_put16(w, pid);
		en_put16(w, mask);
	}
	wire_rtcp_end(w, head);
}

void wire_rtcp_put_remb(struct en_writer *w, uint32_t sender, uint64_t bps, const uint32_t *ssrc, unsigned int n)
{
	uint8_t *head = begin_fb(w, WIRE_RTCP_PSFB, WIRE_PSFB_AFB, sender, 0);
	unsigned int exp = 0;

	if (n > UINT8_MAX)
		w->ok = false;
	while (bps >> exp > REMB_MANTISSA)
		exp++;
	en_put(w, "REMB", 4);
	en_put32(w, (uint32_t)n << 24 | exp << 18 | (uint32_t)(bps >> exp));
	for (unsigned int i = 0; i < n && w->ok; i++)
		en_put32(w, ssrc[i]);
	wire_rtcp_end(w, head);
}

/* An XR of one block of `len` bytes. */
static uint8_t *begin_xr(struct en_writer *w, uint32_t sender, uint8_t type, size_t len)
{
	uint8_t *head = wire_rtcp_begin(w, 0, WIRE_RTCP_XR);

	en_put32(w, sender);
	en_put8(w, type);
	en_put8(w, 0);
	en_put16(w, (uint16_t)(len / 4));
	return head;
}

void wire_rtcp_put_rrtr(struct en_writer *w, uint32_t sender, uint64_t ntp)
{
	uint8_t *head = begin_xr(w, sender, WIRE_XR_RRTR, 8);

	en_put64(w, ntp);
	wire_rtcp_end(w, head);
}

void wire_rtcp_put_dlrr(struct en_writer *w, uint32_t sender, const struct wire_dlrr *dlrr, unsigned int n)
{
	uint8_t *head = begin_xr(w, sender, WIRE_XR_DLRR, (size_t)n * 12);

	for (unsigned int i = 0; i < n && w->ok; i++) {
		en_put32(w, dlrr[i].ssrc);
		en_put32(w, dlrr[i].lrr);
		en_put32(w, dlrr[i].dlrr);
	}
	wire_rtcp_end(w, head);
}
