/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - an offer as browsers make it, cut down to what it stands for; and the server's answer. */
#include "perf/loadgen/session.h"

#include <string.h>

/* --- the offer ----------------------------------------------------------------------- */

static void write_transport(struct en_writer *w, const struct load_offer *o, unsigned int mid)
{
	wire_sdp_line(w, "c=IN IP4 0.0.0.0");
	wire_sdp_line(w, "a=mid:%u", mid);
	wire_sdp_line(w, "a=ice-ufrag:%s", o->ufrag);
	wire_sdp_line(w, "a=ice-pwd:%s", o->pwd);
	wire_sdp_line(w, "a=fingerprint:%s", o->fingerprint);
	wire_sdp_line(w, "a=setup:active");
}

static void write_media(struct en_writer *w, const struct load_offer *o, unsigned int mid)
{
	write_transport(w, o, mid);
	wire_sdp_line(w, "a=%s", o->sends ? "sendonly" : "recvonly");
	wire_sdp_line(w, "a=rtcp-mux");
	wire_sdp_line(w, "a=rtcp-rsize");
	wire_sdp_line(w, "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time");
	wire_sdp_line(w, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid");
}

static void write_source(struct en_writer *w, uint32_t ssrc, const char *kind)
{
	wire_sdp_line(w, "a=ssrc:%u cname:bench", ssrc);
	wire_sdp_line(w, "a=ssrc:%u msid:bench %s", ssrc, kind);
}

static void write_audio(struct en_writer *w, const struct load_offer *o, unsigned int mid)
{
	wire_sdp_line(w, "m=audio 9 UDP/TLS/RTP/SAVPF %u", LOAD_PT_AUDIO);
	write_media(w, o, mid);
	wire_sdp_line(w, "a=rtpmap:%u opus/48000/2", LOAD_PT_AUDIO);
	wire_sdp_line(w, "a=fmtp:%u minptime=10;useinbandfec=1", LOAD_PT_AUDIO);
	if (o->sends)
		write_source(w, o->ssrc[0], "audio");
}

static void write_video(struct en_writer *w, const struct load_offer *o, unsigned int mid)
{
	static const char *const feedback[] = {"goog-remb", "ccm fir", "nack", "nack pli"};

	wire_sdp_line(w, "m=video 9 UDP/TLS/RTP/SAVPF %u %u", LOAD_PT_VIDEO, LOAD_PT_RTX);
	write_media(w, o, mid);
	wire_sdp_line(w, "a=rtpmap:%u VP8/90000", LOAD_PT_VIDEO);
	for (unsigned int i = 0; i < sizeof(feedback) / sizeof(feedback[0]); i++)
		wire_sdp_line(w, "a=rtcp-fb:%u %s", LOAD_PT_VIDEO, feedback[i]);
	wire_sdp_line(w, "a=rtpmap:%u rtx/90000", LOAD_PT_RTX);
	wire_sdp_line(w, "a=fmtp:%u apt=%u", LOAD_PT_RTX, LOAD_PT_VIDEO);
	if (!o->sends)
		return;
	wire_sdp_line(w, "a=ssrc-group:FID %u %u", o->ssrc[1], o->ssrc[1] + 1);
	write_source(w, o->ssrc[1], "video");
	write_source(w, o->ssrc[1] + 1, "video");
}

/* RFC 8841 s5, RFC 8864 */
static void write_data(struct en_writer *w, const struct load_offer *o, unsigned int mid)
{
	wire_sdp_line(w, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel");
	write_transport(w, o, mid);
	wire_sdp_line(w, "a=sctp-port:%u", LOAD_SCTP_PORT);
	wire_sdp_line(w, "a=max-message-size:%u", LOAD_MESSAGE_MAX);
}

size_t load_offer_write(const struct load_offer *o, char *buf, size_t cap)
{
	struct en_writer w = en_writer(buf, cap);

	wire_sdp_line(&w, "v=0");
	wire_sdp_line(&w, "o=- 1 1 IN IP4 0.0.0.0");
	wire_sdp_line(&w, "s=-");
	wire_sdp_line(&w, "t=0 0");
	en_put(&w, "a=group:BUNDLE", strlen("a=group:BUNDLE"));
	for (unsigned int i = 0; i < o->audio + o->video + o->data; i++) {
		char mid[8] = {' ', (char)('0' + i / 10), (char)('0' + i % 10)};

		en_put(&w, i < 10 ? " " : mid, i < 10 ? 1 : 2);
		en_put(&w, mid + 2, 1);
	}
	en_put(&w, "\r\n", 2);
	for (unsigned int i = 0; i < o->audio; i++)
		write_audio(&w, o, i);
	for (unsigned int i = 0; i < o->video; i++)
		write_video(&w, o, o->audio + i);
	if (o->data)
		write_data(&w, o, o->audio + o->video);
	en_put8(&w, 0);
	return w.ok ? en_written(&w) - 1 : 0;
}

/* --- the answer ------------------------------------------------------------------------ */

static void take_transport(const struct wire_sdp_attr *a, uint8_t family, struct load_answer *r)
{
	struct wire_candidate c;

	if (wire_text_is(a->name, "ice-ufrag"))
		wire_text_copy(a->value, r->ufrag, sizeof(r->ufrag));
	else if (wire_text_is(a->name, "ice-pwd"))
		wire_text_copy(a->value, r->pwd, sizeof(r->pwd));
	else if (wire_text_is(a->name, "fingerprint"))
		wire_sdp_fingerprint(a->value, &r->fingerprint);
	else if (wire_text_is(a->name, "candidate") && !r->server.port && wire_candidate_parse(a->value, &c) && c.udp &&
		 c.ep.addr.family == family)
		r->server = c.ep;
}

static void read_data(const struct wire_sdp_media *m, uint8_t family, struct load_answer *r)
{
	struct wire_sdp_part part = m->part;
	struct wire_sdp_attr a;

	while (wire_sdp_next(&part, &a)) {
		take_transport(&a, family, r);
		if (wire_text_is(a.name, "sctp-port"))
			wire_text_u32(a.value, UINT16_MAX, &r->sctp_port);
		else if (wire_text_is(a.name, "max-message-size"))
			wire_text_u32(a.value, UINT32_MAX, &r->message_max);
	}
}

static void read_section(const struct wire_sdp_media *m, bool sends, uint8_t family, struct load_answer *r)
{
	unsigned int i = r->section_n++;
	struct wire_sdp_part part = m->part;
	struct wire_text formats = m->formats;
	struct wire_sdp_attr a;
	struct wire_sdp_ssrc s;
	uint32_t pt = 0;

	if (m->port && wire_text_is(m->kind, "application")) {
		read_data(m, family, r);
		r->section[i].accepted = r->sctp_port != 0;
		return;
	}
	if (m->port == 0 || !wire_text_u32(wire_text_word(&formats), WIRE_SDP_PT_MAX, &pt))
		return;
	r->section[i].pt = (uint8_t)pt;
	while (wire_sdp_next(&part, &a)) {
		take_transport(&a, family, r);
		if (wire_text_is(a.name, sends ? "recvonly" : "sendonly"))
			r->section[i].accepted = true;
		/* the first one is the media's: RTX follows */
		else if (wire_text_is(a.name, "ssrc") && !r->section[i].ssrc && wire_sdp_ssrc(a.value, &s))
			r->section[i].ssrc = s.ssrc;
	}
}

const char *load_answer_read(const char *sdp, size_t len, bool sends, uint8_t family, struct load_answer *ret_answer)
{
	struct load_answer *r = ret_answer;
	struct wire_sdp_part session;
	struct wire_sdp_attr a;
	struct wire_sdp cut;
	uint32_t line;

	memset(r, 0, sizeof(*r));
	if (wire_sdp_parse(sdp, len, &cut, &line) != WIRE_SDP_OK)
		return "is no session description";
	session = cut.session;
	while (wire_sdp_next(&session, &a))
		take_transport(&a, family, r);
	for (unsigned int i = 0; i < cut.media_n; i++)
		read_section(&cut.media[i], sends, family, r);
	if (!r->ufrag[0] || !r->pwd[0])
		return "has no ICE credentials";
	if (!r->fingerprint.len)
		return "has no fingerprint";
	if (!r->server.port)
		return "has no UDP candidate of the family of --address";
	for (unsigned int i = 0; i < r->section_n; i++)
		if (!r->section[i].accepted || (!sends && !r->section[i].ssrc))
			return sends ? "does not take all that is offered" : "does not give all that is asked for";
	return NULL;
}
