/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * calls_sdp.c - a phone's description, and what it needs of the one that the gateway has for it.
 *
 * Specs:     RFC 8866, RFC 4568 (a=crypto), RFC 7587 s7 (opus).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/gateway/sdes.h"
#include "perf/loadgen/calls.h"

size_t load_call_sdp_write(const struct load_leg *leg, const char *crypto, char *buf, size_t cap)
{
	char address[EN_ADDRSTR_MAX];
	int family = leg->local.addr.family == EN_AF_INET6 ? 6 : 4, n;

	en_addr_str(&leg->local.addr, address);
	n = snprintf(
		buf, cap,
		"v=0\r\no=- 1 1 IN IP%d %s\r\ns=-\r\nc=IN IP%d %s\r\nt=0 0\r\nm=audio %u %s %u\r\n%s%s%s%sa=ptime:20\r\n"
		"a=sendrecv\r\n",
		family, address, family, address, leg->local.port, crypto ? "RTP/SAVP" : "RTP/AVP", leg->pt,
		leg->pt == LOAD_PT_OPUS ? "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
					: "a=rtpmap:0 PCMU/8000\r\n",
		crypto ? "a=crypto:" : "", crypto ? crypto : "", crypto ? "\r\n" : "");
	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

/* "c=IN IP4 192.0.2.1": the last counts, a section's after the session's. */
static bool read_address(const char *line, struct en_addr *ret_addr)
{
	char text[EN_ADDRSTR_MAX];

	return sscanf(line, "c=IN IP%*1[46] %63s", text) == 1 && en_addr_parse(text, ret_addr) == 0;
}

/* "m=audio 30000 RTP/AVP 0 101": the first payload type is the codec, as one alone was offered */
static bool read_media(const char *line, struct load_call_sdp *s)
{
	unsigned int port, pt;

	if (sscanf(line, "m=audio %5u %*s %3u", &port, &pt) != 2 || port > UINT16_MAX || pt > 127)
		return false;
	s->server.port = (uint16_t)port;
	s->pt = (uint8_t)pt;
	return true;
}

static bool is_of(const char *crypto, size_t len, uint16_t profile)
{
	struct cp_gw_crypto c;

	return cp_gw_crypto_parse((struct wire_text){.p = crypto, .len = (uint32_t)len}, &c) && c.profile == profile;
}

static void read_line(const char *line, size_t len, bool opus, uint16_t profile, struct load_call_sdp *s, bool *codec)
{
	static const char crypto[] = "a=crypto:";
	size_t skip = sizeof(crypto) - 1;
	unsigned int pt;
	char name[16];

	if (strncmp(line, "c=", 2) == 0)
		(void)read_address(line, &s->server.addr);
	else if (strncmp(line, "m=audio ", 8) == 0)
		(void)read_media(line, s);
	else if (sscanf(line, "a=rtpmap:%3u %15[^/]/", &pt, name) == 2 && pt == s->pt)
		*codec = strcasecmp(name, opus ? "opus" : "PCMU") == 0;
	else if (strncmp(line, crypto, skip) == 0 && !s->crypto[0] && len - skip < sizeof(s->crypto) &&
		 is_of(line + skip, len - skip, profile))
		memcpy(s->crypto, line + skip, len - skip);
}

const char *load_call_sdp_read(const char *sdp, bool opus, uint16_t profile, struct load_call_sdp *ret_sdp)
{
	bool codec = !opus; /* PCMU needs no name (RFC 3551 s6) */

	memset(ret_sdp, 0, sizeof(*ret_sdp));
	ret_sdp->pt = 0xff;
	while (*sdp) {
		size_t len = strcspn(sdp, "\r\n");
		char line[512];

		if (len < sizeof(line)) {
			memcpy(line, sdp, len);
			line[len] = '\0';
			read_line(line, len, opus, profile, ret_sdp, &codec);
		}
		sdp += len;
		sdp += strspn(sdp, "\r\n");
	}
	if (ret_sdp->server.addr.family == EN_AF_NONE || ret_sdp->pt == 0xff)
		return "has no audio section with an address";
	if (ret_sdp->server.port == 0)
		return "rejects the audio section";
	if (!codec || (!opus && ret_sdp->pt != LOAD_PT_PCMU))
		return opus ? "does not begin with opus" : "does not begin with PCMU";
	return profile && !ret_sdp->crypto[0] ? "has no key of the SRTP profile that was asked for" : NULL;
}
