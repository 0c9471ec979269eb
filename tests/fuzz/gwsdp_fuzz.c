/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gwsdp_fuzz.c - arbitrary text as the gateway's offer or answer, and the text for the other side.
 *
 * Held besides memory safety: a refusal says a line; what is read keeps its limits; what is written for faces that
 * the input makes up reads again, with our address, ports, keys, credentials and names in it and none of the far
 * side's; a buffer one byte too small is said to be too small.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/gateway/sdp.h"
#include "engine/shm/msg.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUR_FINGERPRINT                                                                                                \
	"sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static struct cp_gw_sdp sdp, again;
static struct cp_gw_face face[CP_GW_SECTIONS_MAX];
static struct cp_gw_codec codec[CP_GW_SECTIONS_MAX][CP_GW_CODECS_MAX + 1];
static struct cp_gw_cover cover;
static struct wire_candidate candidate[2];
static struct cp_gw_crypto crypto;
static char text[2 * WIRE_SDP_MAX];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_section(const struct cp_gw_section *s, unsigned int i)
{
	must(s->codec_n <= CP_GW_CODECS_MAX && s->crypto_n <= CP_GW_CRYPTOS_MAX);
	must(s->ice.candidate_n <= CP_GW_CANDIDATES_MAX && s->fingerprint_n <= CP_FINGERPRINTS_MAX);
	must(s->dir <= 3 && s->proto < CP_GW_PROTO_N && s->setup <= CP_GW_SETUP_HOLDCONN);
	must(s->bundle >= -1 && s->bundle < (int)sdp.group_n && cp_gw_transport_of(&sdp, i) < sdp.section_n);
	must(!s->rejected || s->port == 0);
	for (unsigned int k = 0; k < s->codec_n; k++)
		must(s->codec[k].pt <= WIRE_SDP_PT_MAX);
	for (unsigned int k = 0; k < s->crypto_n; k++)
		must(cp_gw_suite_name(s->crypto[k].profile) != NULL);
}

static void check_sdp(void)
{
	must(sdp.section_n <= CP_GW_SECTIONS_MAX && sdp.group_n <= CP_GW_GROUPS_MAX);
	for (unsigned int i = 0; i < sdp.section_n; i++)
		check_section(&sdp.section[i], i);
	for (unsigned int g = 0; g < sdp.group_n; g++) {
		must(sdp.group[g].n <= sdp.section_n);
		for (unsigned int k = 0; k < sdp.group[g].n; k++)
			must(sdp.section[sdp.group[g].section[k]].bundle == (int)g);
	}
}

/* Every second codec, and one that we add. */
static void choose_codecs(unsigned int i, uint8_t seed)
{
	const struct cp_gw_section *s = &sdp.section[i];
	struct cp_gw_face *f = &face[i];
	bool has_127 = false;

	f->codec = codec[i];
	for (unsigned int k = seed & 1; k < s->codec_n; k += 2) {
		has_127 |= s->codec[k].pt == 127;
		codec[i][f->codec_n++] = s->codec[k];
	}
	if (has_127 || !cp_gw_proto_is_rtp(s->proto))
		return;
	codec[i][f->codec_n++] = (struct cp_gw_codec){
		.name = {"opus", 4}, .fmtp = {"stereo=1", 8}, .clock = 48000, .pt = 127, .channels = 2, .added = true};
}

static void make_face(unsigned int i, uint8_t seed, uint8_t other)
{
	static const char *const addrs[] = {"198.18.0.2:30000", "[2001:db8::2]:30000"};
	struct cp_gw_face *f = &face[i];

	cp_gw_face_plain(&sdp.section[i], f);
	en_ep_parse(addrs[seed & 1], &f->rtp);
	if ((other & 7) == 7)
		f->rtp.port = 0;
	f->rtcp_port = 30001;
	f->rtcp_attr = (seed >> 1) % 3;
	f->rtcp_mux = seed >> 3 & 1;
	f->proto = other % CP_GW_PROTO_N;
	f->dir = seed >> 4 & 4 ? CP_GW_DIR_AS_IS : seed >> 4 & 3;
	f->bundled = seed & 2;
	f->sources = f->extmap = other >> 3 & 1;
	if (other >> 4 & 1)
		choose_codecs(i, seed);
	if (other >> 5 & 1) {
		f->ufrag = "ours";
		f->pwd = "ourpasswordof24character";
		f->ice_lite = seed & 1;
		f->candidate = candidate;
		f->candidate_n = 2;
	}
	if (other >> 6 & 1) {
		f->fingerprint = OUR_FINGERPRINT;
		f->setup = CP_GW_SETUP_ACTIVE;
	}
	f->crypto = &crypto;
	f->crypto_n = other >> 7;
}

static void make_faces(const uint8_t *data, size_t size)
{
	uint32_t mix = 2166136261u;

	for (size_t i = size > 64 ? size - 64 : 0; i < size; i++)
		mix = (mix ^ data[i]) * 16777619u;
	memset(&cover, 0, sizeof(cover));
	en_addr_set4(&cover.origin, "\xc6\x12\x00\x02");
	cover.zero_address = mix & 1;
	cover.replace_version = mix >> 1 & 1;
	for (unsigned int i = 0; i < 2; i++) {
		candidate[i] = (struct wire_candidate){.foundation = "a", .udp = true, .component = i + 1};
		en_ep_parse("198.18.0.2:30000", &candidate[i].ep);
	}
	cp_gw_crypto_make(SHM_SRTP_GCM_128, 1, &crypto);
	for (unsigned int i = 0; i < sdp.section_n; i++) {
		mix = mix * 1664525u + 1013904223u;
		make_face(i, (uint8_t)(mix >> 16), (uint8_t)(mix >> 24));
	}
}

/* RFC 8839, 8842, 4568: lines that only we may have written. */
static void check_names(struct wire_sdp_part part, const struct cp_gw_face *f)
{
	static const char *const never[] = {"remote-candidates", "bundle-only", "rtcp-mux-only", "tls-id", "altc",
					    "key-mgmt",          "acap",        "ice-mismatch"};
	struct wire_sdp_any line;
	struct wire_sdp_attr a;

	while (wire_sdp_next_line(&part, &line)) {
		must(line.type != 'k');
		if (!wire_sdp_attr(&line, &a))
			continue;
		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			must(!wire_text_is_nocase(a.name, never[i]));
		if (!f || !f->ufrag || !f->rtp.port)
			must(!wire_text_is(a.name, "ice-ufrag") && !wire_text_is(a.name, "ice-pwd") &&
			     !wire_text_is(a.name, "candidate") && !wire_text_is(a.name, "ice-options"));
		if (!f || !f->fingerprint || !f->rtp.port)
			must(!wire_text_is(a.name, "fingerprint") && !wire_text_is(a.name, "setup"));
		if (!f || !f->crypto_n || !f->rtp.port)
			must(!wire_text_is(a.name, "crypto"));
	}
}

static bool is_ours_or_zero(const struct en_addr *a)
{
	char name[EN_ADDRSTR_MAX];

	en_addr_str(a, name);
	return strcmp(name, "198.18.0.2") == 0 || strcmp(name, "2001:db8::2") == 0 || strcmp(name, "0.0.0.0") == 0 ||
	       strcmp(name, "::") == 0;
}

static void check_written(unsigned int i)
{
	const struct cp_gw_section *s = &again.section[i];
	const struct cp_gw_face *f = &face[i];
	bool live = f->rtp.port != 0;

	check_names(again.cut.media[i].part, f);
	must(s->port == f->rtp.port && is_ours_or_zero(&s->addr) && wire_text_eq(s->mid, f->mid));
	must(!s->has_rtcp || (s->rtcp.port == 30001 && is_ours_or_zero(&s->rtcp.addr)));
	must(s->rtcp_mux == (live && f->rtcp_mux));
	must(s->ice.candidate_n == (live ? f->candidate_n : 0) && s->crypto_n == (live ? f->crypto_n : 0));
	must(s->fingerprint_n == (live && f->fingerprint));
	if (s->ice.ufrag.len)
		must(wire_text_is(s->ice.ufrag, "ours"));
	if (s->crypto_n)
		must(memcmp(&s->crypto[0], &crypto, sizeof(crypto)) == 0);
	if (f->proto)
		must(s->proto == f->proto);
	if (f->codec_n && cp_gw_proto_is_rtp(s->proto))
		must(s->codec_n == f->codec_n && s->codec[0].pt == f->codec[0].pt);
	if (live && f->dir != CP_GW_DIR_AS_IS)
		must(s->dir == (s->hold ? f->dir & CP_DIR_SEND : f->dir));
}

static void write_and_check(void)
{
	struct en_err err = {""};
	int len = cp_gw_sdp_write(&sdp, &cover, face, text, sizeof(text));

	must(len > 0 && strlen(text) == (size_t)len);
	if (len > WIRE_SDP_MAX)
		return;
	must(cp_gw_sdp_read(text, (size_t)len, &again, &err) == 0);
	must(again.section_n == sdp.section_n);
	check_names(again.cut.session, NULL);
	for (unsigned int i = 0; i < again.section_n; i++)
		check_written(i);
	must(again.group_n <= 1 && (!again.addr.family || is_ours_or_zero(&again.addr)));
	must(cp_gw_sdp_write(&sdp, &cover, face, text, (size_t)len) == -ENOSPC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, 0);
	struct en_err err = {""};
	int rc = cp_gw_sdp_read((const char *)e.data, size, &sdp, &err);

	if (rc == 0) {
		check_sdp();
		make_faces(data, size);
		write_and_check();
	} else {
		must(rc == -EINVAL && memcmp(err.text, "line ", 5) == 0);
	}
	exact_free(&e);
	return 0;
}
