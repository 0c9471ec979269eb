/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp.c - read RTCP.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   C1  no byte outside the compound is read, whatever its lengths and counts say;
 *   C2  a body is without padding, so that a count read from it cannot reach into it.
 *
 * Specs:     rtcp.h names them.
 * Not here:  writing (rtcp_build.c), transport-wide feedback (rtcp_twcc.c).
 */
#include "engine/wire/rtcp.h"

#define VERSION     2
#define PADDED      0x20
#define SR_INFO_LEN 24 /* sender SSRC and sender info */
#define FB_LEN      8
#define XR_HDR_LEN  4
#define FIR_LEN     8
#define DLRR_LEN    12

struct wire_rtcp_walk wire_rtcp_walk(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct wire_rtcp_walk){.p = p, .end = p + len};
}

/*
 * Chromium pads transport-wide feedback to whole words and says so in the P bit: one to three bytes, also when another
 * packet follows.
 */
static bool pads_freely(const struct wire_rtcp *pkt)
{
	return pkt->type == WIRE_RTCP_RTPFB && pkt->count == WIRE_RTPFB_TWCC;
}

/* RFC 3550 s6.4.1: the last octet of the padding counts it, itself included, a multiple of four. */
static bool unpad(struct wire_rtcp *pkt)
{
	uint8_t n;

	if (pkt->len == 0)
		return false;
	n = pkt->body[pkt->len - 1];
	if (n == 0 || (n % 4 && !pads_freely(pkt)) || n > pkt->len)
		return false;
	pkt->len -= n;
	return true;
}

bool wire_rtcp_next(struct wire_rtcp_walk *w, struct wire_rtcp *ret_pkt)
{
	struct en_reader r = en_reader(w->p, (size_t)(w->end - w->p));
	uint8_t first = en_get8(&r);
	uint32_t len;

	ret_pkt->type = en_get8(&r);
	ret_pkt->count = first & 0x1f;
	len = en_get16(&r) * UINT32_C(4);
	ret_pkt->body = en_take(&r, len);
	ret_pkt->len = len;
	if (!r.ok || first >> 6 != VERSION || ((first & PADDED) && !unpad(ret_pkt))) {
		w->end = w->p;
		return false;
	}
	w->p = r.p;
	return true;
}

bool wire_rtcp_check(const void *data, size_t len)
{
	struct wire_rtcp_walk w = wire_rtcp_walk(data, len);
	const uint8_t *end = w.end;
	struct wire_rtcp pkt;

	while (w.p < end) {
		bool padded = (*w.p & PADDED) != 0;

		if (!wire_rtcp_next(&w, &pkt) || (padded && w.p != end && !pads_freely(&pkt)))
			return false;
	}
	return len > 0;
}

bool wire_rtcp_sr(const struct wire_rtcp *pkt, struct wire_sr *ret_sr)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);

	ret_sr->ssrc = en_get32(&r);
	ret_sr->ntp = en_get64(&r);
	ret_sr->rtp = en_get32(&r);
	ret_sr->packets = en_get32(&r);
	ret_sr->octets = en_get32(&r);
	return r.ok && pkt->type == WIRE_RTCP_SR;
}

bool wire_rtcp_report(const struct wire_rtcp *pkt, unsigned int i, struct wire_report *ret_report)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);
	uint32_t lost;

	if (i >= pkt->count || (pkt->type != WIRE_RTCP_SR && pkt->type != WIRE_RTCP_RR))
		return false;
	en_take(&r, pkt->type == WIRE_RTCP_SR ? SR_INFO_LEN : 4);
	en_take(&r, (size_t)i * WIRE_RTCP_REPORT_LEN);
	ret_report->ssrc = en_get32(&r);
	lost = en_get32(&r);
	ret_report->fraction = (uint8_t)(lost >> 24);
	ret_report->lost = (int32_t)(lost << 8) >> 8;
	ret_report->ext_seq = en_get32(&r);
	ret_report->jitter = en_get32(&r);
	ret_report->lsr = en_get32(&r);
	ret_report->dlsr = en_get32(&r);
	return r.ok;
}

bool wire_rtcp_sender(const struct wire_rtcp *pkt, uint32_t *ret_ssrc)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);

	*ret_ssrc = en_get32(&r);
	return r.ok && pkt->type != WIRE_RTCP_SDES && pkt->type != WIRE_RTCP_BYE;
}

bool wire_rtcp_bye(const struct wire_rtcp *pkt, unsigned int i, uint32_t *ret_ssrc)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);

	en_take(&r, (size_t)i * 4);
	*ret_ssrc = en_get32(&r);
	return r.ok && pkt->type == WIRE_RTCP_BYE && i < pkt->count;
}

/* One chunk: SSRC, items, one to four bytes of zero up to a whole word. True: it has the CNAME that is looked for. */
static bool sdes_chunk(struct en_reader *r, uint32_t ssrc, const uint8_t **ret_cname, uint8_t *ret_len)
{
	const uint8_t *start = r->p;
	bool wanted = en_get32(r) == ssrc, found = false;
	uint8_t type;

	while (r->ok && (type = en_get8(r)) != 0) {
		uint8_t len = en_get8(r);
		const uint8_t *text = en_take(r, len);

		if (text && wanted && !found && type == WIRE_SDES_CNAME) {
			*ret_cname = text;
			*ret_len = len;
			found = true;
		}
	}
	en_take(r, (4 - (size_t)(r->p - start) % 4) % 4);
	return found;
}

bool wire_rtcp_cname(const struct wire_rtcp *pkt, uint32_t ssrc, const uint8_t **ret_cname, uint8_t *ret_len)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);

	if (pkt->type != WIRE_RTCP_SDES)
		return false;
	for (unsigned int i = 0; i < pkt->count && r.ok; i++)
		if (sdes_chunk(&r, ssrc, ret_cname, ret_len))
			return true;
	return false;
}

bool wire_rtcp_fb(const struct wire_rtcp *pkt, struct wire_fb *ret_fb)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);

	ret_fb->sender = en_get32(&r);
	ret_fb->media = en_get32(&r);
	ret_fb->fci = r.p;
	ret_fb->fci_len = (uint32_t)en_left(&r);
	return r.ok && (pkt->type == WIRE_RTCP_RTPFB || pkt->type == WIRE_RTCP_PSFB);
}

bool wire_nack_next(const struct wire_fb *fb, struct wire_nack_walk *w, uint16_t *ret_seq)
{
	if (w->mask) {
		int bit = __builtin_ctz(w->mask);

		w->mask &= (uint16_t)(w->mask - 1);
		*ret_seq = (uint16_t)(w->pid + bit + 1);
		return true;
	}
	if (fb->fci_len < 4 || w->at > fb->fci_len - 4)
		return false;
	*ret_seq = w->pid = en_load16(fb->fci + w->at);
	w->mask = en_load16(fb->fci + w->at + 2);
	w->at += 4;
	return true;
}

bool wire_fir(const struct wire_fb *fb, unsigned int i, uint32_t *ret_ssrc, uint8_t *ret_seq)
{
	struct en_reader r = en_reader(fb->fci, fb->fci_len);

	en_take(&r, (size_t)i * FIR_LEN);
	*ret_ssrc = en_get32(&r);
	*ret_seq = en_get8(&r);
	en_take(&r, 3);
	return r.ok;
}

bool wire_remb(const struct wire_fb *fb, struct wire_remb *ret_remb)
{
	struct en_reader r = en_reader(fb->fci, fb->fci_len);
	const uint8_t *name = en_take(&r, 4);
	uint32_t word = en_get32(&r);
	uint64_t mantissa = word & 0x3ffff;
	unsigned int exp = (word >> 18) & 0x3f;

	if (!r.ok || memcmp(name, "REMB", 4) != 0)
		return false;
	/* what 64 bits do not hold is "as much as you like" */
	ret_remb->bps = mantissa << exp >> exp == mantissa ? mantissa << exp : UINT64_MAX;
	ret_remb->ssrc_n = word >> 24;
	ret_remb->ssrc = en_take(&r, (size_t)ret_remb->ssrc_n * 4);
	return r.ok;
}

bool wire_xr_next(const struct wire_rtcp *pkt, struct wire_xr_walk *w, struct wire_xr *ret_xr)
{
	struct en_reader r = en_reader(pkt->body, pkt->len);

	if (pkt->type != WIRE_RTCP_XR)
		return false;
	en_take(&r, 4); /* the sender's SSRC */
	en_take(&r, w->at);
	ret_xr->type = en_get8(&r);
	en_get8(&r);
	ret_xr->len = en_get16(&r) * UINT32_C(4);
	ret_xr->body = en_take(&r, ret_xr->len);
	w->at += XR_HDR_LEN + ret_xr->len;
	return r.ok;
}

bool wire_xr_rrtr(const struct wire_xr *xr, uint64_t *ret_ntp)
{
	struct en_reader r = en_reader(xr->body, xr->len);

	*ret_ntp = en_get64(&r);
	return r.ok && xr->type == WIRE_XR_RRTR;
}

bool wire_xr_dlrr(const struct wire_xr *xr, unsigned int i, struct wire_dlrr *ret_dlrr)
{
	struct en_reader r = en_reader(xr->body, xr->len);

	en_take(&r, (size_t)i * DLRR_LEN);
	ret_dlrr->ssrc = en_get32(&r);
	ret_dlrr->lrr = en_get32(&r);
	ret_dlrr->dlrr = en_get32(&r);
	return r.ok && xr->type == WIRE_XR_DLRR;
}
