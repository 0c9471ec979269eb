/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * candidate.c - ICE candidates as SDP and trickling write them.
 *
 * Runs on:   anyone; no state.
 * Specs:     RFC 8839 s5.1 (grammar), RFC 8445 s5.1.2 (priority), s5.1.1.3 (foundation).
 */
#include "engine/wire/sdp.h"

static const char *const type_names[] = {
	[WIRE_CANDIDATE_HOST] = "host",
	[WIRE_CANDIDATE_SRFLX] = "srflx",
	[WIRE_CANDIDATE_PRFLX] = "prflx",
	[WIRE_CANDIDATE_RELAY] = "relay",
};

#define TYPE_N (sizeof(type_names) / sizeof(type_names[0]))

static bool parse_type(struct wire_text name, uint8_t *ret_type)
{
	for (uint8_t i = 0; i < TYPE_N; i++) {
		if (wire_text_is(name, type_names[i])) {
			*ret_type = i;
			return true;
		}
	}
	return false;
}

/* RFC 8839 s5.1: 1 to 32 ice-chars; real clients use others, too. */
static bool is_foundation(struct wire_text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (t.p[i] <= ' ' || t.p[i] > '~')
			return false;
	return t.len > 0;
}

bool wire_candidate_parse(struct wire_text value, struct wire_candidate *ret_candidate)
{
	struct wire_candidate c = {0};
	struct wire_text foundation = wire_text_word(&value);
	struct wire_text component = wire_text_word(&value);
	struct wire_text transport = wire_text_word(&value);
	struct wire_text priority = wire_text_word(&value);
	struct wire_text address = wire_text_word(&value);
	struct wire_text port = wire_text_word(&value);
	char text[EN_ADDRSTR_MAX];
	uint32_t number;

	if (!wire_text_is(wire_text_word(&value), "typ") || !parse_type(wire_text_word(&value), &c.type))
		return false;
	if (!is_foundation(foundation) || !wire_text_copy(foundation, c.foundation, sizeof(c.foundation)) ||
	    !transport.len || !address.len)
		return false;
	if (!wire_text_u32(component, 256, &c.component) || !wire_text_u32(priority, UINT32_MAX, &c.priority) ||
	    !wire_text_u32(port, 65535, &number))
		return false;
	c.udp = wire_text_is_nocase(transport, "udp");
	if (wire_text_copy(address, text, sizeof(text)) && en_addr_parse(text, &c.ep.addr) == 0)
		c.ep.port = (uint16_t)number;
	*ret_candidate = c;
	return true;
}

uint32_t wire_candidate_priority(enum wire_candidate_type type, uint16_t preference)
{
	/* RFC 8445 s5.1.2.2: recommended type preferences */
	static const uint32_t type_preference[] = {
		[WIRE_CANDIDATE_HOST] = 126,
		[WIRE_CANDIDATE_SRFLX] = 100,
		[WIRE_CANDIDATE_PRFLX] = 110,
		[WIRE_CANDIDATE_RELAY] = 0,
	};

	return type_preference[type] << 24 | (uint32_t)preference << 8 | (256 - 1);
}

struct wire_candidate wire_candidate_host(const struct en_ep *ep, unsigned int i)
{
	return (struct wire_candidate){
		.foundation = {(char)('a' + i)},
		.type = WIRE_CANDIDATE_HOST,
		.udp = true,
		.component = 1,
		.priority = wire_candidate_priority(WIRE_CANDIDATE_HOST, (uint16_t)(65535 - i)),
		.ep = *ep,
	};
}

void wire_candidate_line(struct en_writer *w, const struct wire_candidate *c)
{
	char text[EN_ADDRSTR_MAX];

	wire_sdp_line(w, "a=candidate:%s %u %s %u %s %u typ %s", c->foundation, c->component, c->udp ? "udp" : "tcp",
		      c->priority, en_addr_str(&c->ep.addr, text), c->ep.port, type_names[c->type]);
}
