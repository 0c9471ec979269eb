/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * signal_fuzz.c - what clients say over WebSockets, and what a hostile dataplane tells.
 *
 * The input is lines. "N TEXT" with N 0 to 3: client N says TEXT; "%N" in it is replaced by an offer that can be
 * answered. "C N" cuts client N off and lets it come back; "T" passes 10 s; "D" takes the dataplane away
 * and back, "S" ends its resync; "U", a core, a type and bytes is a message from it. Nothing may crash, and nothing may
 * be left in the end.
 */
#include "tests/unit/peer/fakes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLIENTS 4

static struct cp_ws ws[CLIENTS];
static struct cp_client *user_of[CLIENTS];

static void come(unsigned int i)
{
	fake_ws_free(&ws[i]);
	user_of[i] = cp_signal_ws_open(fake.ctl.signal, &ws[i], "192.0.2.9", "");
}

static void go(unsigned int i)
{
	cp_signal_ws_closed(fake.ctl.signal, &ws[i], user_of[i]);
	fake_ws_free(&ws[i]);
}

static void say(unsigned int i, const char *text, size_t len)
{
	static const struct fake_section sections[] = {
		{'a', "sendonly"}, {'v', "sendonly"}, {'a', "recvonly"}, {'v', "recvonly"}};
	const char *mark = memchr(text, '%', len);
	char *out = malloc(65536 + len), *p = out;

	if (mark && mark + 1 < text + len) {
		const char *sdp = fake_offer((unsigned int)mark[1] & 3, (unsigned int)mark[1] >> 4 & 1, sections, 4);

		memcpy(p, text, (size_t)(mark - text));
		p += mark - text;
		for (; *sdp; sdp++)
			if (*sdp == '\r' || *sdp == '\n') {
				*p++ = '\\';
				*p++ = *sdp == '\r' ? 'r' : 'n';
			} else {
				*p++ = *sdp;
			}
		memcpy(p, mark + 2, (size_t)(text + len - mark - 2));
		p += text + len - mark - 2;
	} else {
		memcpy(p, text, len);
		p += len;
	}
	*p = 0;
	if (!ws[i].closed && !user_of[i]->closing)
		cp_signal_ws_text(fake.ctl.signal, &ws[i], user_of[i], out, (size_t)(p - out));
	free(out);
}

/* Who was cut off, or reads nothing any more, comes anew. */
static void replace_closed(void)
{
	for (unsigned int i = 0; i < CLIENTS; i++)
		if (ws[i].closed || ws[i].text_n == FAKE_TEXTS) {
			go(i);
			come(i);
		}
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void tell(const char *text, size_t len)
{
	struct shm_msg m = {0};
	uint8_t *body = (uint8_t *)&m.session;

	if (len < 3)
		return;
	m.type = (uint8_t)text[2] % SHM_MSG_N;
	if (!(shm_msg_way(m.type) & SHM_MSG_WAY_UP))
		return;
	m.len = shm_msg_body(m.type);
	for (size_t i = 4; i < len && i - 4 < sizeof(m.packet); i++)
		body[i - 4] = (uint8_t)text[i] == '0' ? 0 : (uint8_t)text[i];
	if (shm_msg_is_sane(&m)) /* the link looks, too */
		cp_signal_on_message(fake.ctl.signal, (uint8_t)text[1] & 1, &m);
}

static void line(const char *text, size_t len)
{
	if (len > 1 && text[0] >= '0' && text[0] < '0' + CLIENTS) {
		say((unsigned int)(text[0] - '0'), text + 2, len - 2 < len ? len - 2 : 0);
	} else if (len > 2 && text[0] == 'C') {
		go((unsigned int)text[2] % CLIENTS);
		come((unsigned int)text[2] % CLIENTS);
	} else if (text[0] == 'T') {
		fake_pass(10000);
	} else if (text[0] == 'D') {
		cp_signal_on_down(fake.ctl.signal);
		cp_signal_on_up(fake.ctl.signal, true);
	} else if (text[0] == 'S') {
		cp_signal_on_synced(fake.ctl.signal);
	} else if (text[0] == 'U') {
		tell(text, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;

	en_log_set_level(EN_LOG_ERROR);
	fake_start("");
	for (unsigned int i = 0; i < CLIENTS; i++)
		come(i);
	for (const char *eol; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		if (eol > p)
			line(p, (size_t)(eol - p));
		replace_closed();
	}
	for (unsigned int i = 0; i < CLIENTS; i++)
		go(i);
	fake_up(true);
	fake_now += CP_GRACE_MS;
	cp_hub_tick(fake.ctl.signal->hub);
	must(fake.ctl.signal->hub->room_n == 0);
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		must(fake_link.held[kind] == 0);
	fake_stop();
	return 0;
}
