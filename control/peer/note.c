/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * note.c - what the dataplane keeps of a peer for the next control process, and what names are allowed.
 *
 *   session  version (1) | kind (1; the high bit: it has data channels) | fingerprint hash (8) | ufrag hash (8) | our
 * certificate's SHA-256 (32) | secret (16) | id (12) | room (65) | name (65); texts end in NUL, the rest of their field
 * is zero track    muted (1) | name (33) | zero
 *
 * A note comes back from memory that both processes write: it is checked as if a stranger had sent it.
 *
 * Runs on:   the control loop. No state.
 */
#include "control/peer/hub.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/bytes.h"

#define VERSION  1
#define DIGEST   32
#define HAS_DATA 0x80

_Static_assert(1 + 1 + 8 + 8 + DIGEST + CP_SECRET_LEN + CP_PEER_ID_MAX + CP_ROOM_NAME_MAX + CP_NAME_MAX <=
		       SHM_NOTE_SESSION,
	       "fits");
_Static_assert(1 + CP_TRACK_NAME_MAX <= SHM_NOTE_TRACK, "fits");

bool cp_room_name_is_valid(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n > 0 && name[n] == 0 && n < CP_ROOM_NAME_MAX;
}

/* Bytes of the UTF-8 character at s (RFC 3629 s4); 0: none, or a control character. */
static size_t utf8_len(const unsigned char *s)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	uint32_t c = n == 1 ? s[0] : n == 0 ? 0 : s[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n > 1 && (c < least[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff))
		return 0;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : n;
}

bool cp_name_is_valid(const char *name, size_t cap)
{
	const unsigned char *s = (const unsigned char *)name;
	size_t len = strnlen(name, cap), n;

	if (len == 0 || len >= cap)
		return false;
	for (; *s; s += n) {
		n = utf8_len(s);
		if (n == 0)
			return false;
	}
	return true;
}

/* "sha-256 AA:BB:…" to 32 bytes; zeros when it is another hash. */
static void digest_of_text(const char *text, uint8_t ret_digest[DIGEST])
{
	memset(ret_digest, 0, DIGEST);
	if (strncmp(text, "sha-256 ", 8) != 0 || strlen(text) != 8 + 3 * DIGEST - 1)
		return;
	for (unsigned int i = 0; i < DIGEST; i++) {
		unsigned int byte = 0;

		if (sscanf(text + 8 + (size_t)3 * i, "%2X", &byte) != 1)
			return;
		ret_digest[i] = (uint8_t)byte;
	}
}

static void text_of_digest(const uint8_t *digest, char ret_text[CP_OWN_FINGERPRINT_MAX])
{
	size_t at = (size_t)snprintf(ret_text, CP_OWN_FINGERPRINT_MAX, "sha-256 ");

	for (unsigned int i = 0; i < DIGEST; i++)
		at += (size_t)snprintf(ret_text + at, CP_OWN_FINGERPRINT_MAX - at, i ? ":%02X" : "%02X", digest[i]);
}

void cp_note_of_peer(const struct cp_peer *p, uint8_t ret_note[SHM_NOTE_SESSION])
{
	struct en_writer w = en_writer(ret_note, SHM_NOTE_SESSION);
	uint8_t digest[DIGEST];

	memset(ret_note, 0, SHM_NOTE_SESSION);
	digest_of_text(p->own_fingerprint, digest);
	en_put8(&w, VERSION);
	en_put8(&w, (uint8_t)(p->kind | (p->data_wanted ? HAS_DATA : 0)));
	en_put64(&w, p->fingerprint_hash);
	en_put64(&w, p->ufrag_hash);
	en_put(&w, digest, sizeof(digest));
	en_put(&w, p->secret, sizeof(p->secret));
	for (unsigned int i = 0; i < 3; i++) {
		const char *text = i == 0 ? p->id : i == 1 ? p->room->name : p->name;
		size_t cap = i == 0 ? CP_PEER_ID_MAX : i == 1 ? CP_ROOM_NAME_MAX : CP_NAME_MAX, len = strlen(text);

		en_put(&w, text, len);
		en_put_zero(&w, cap - len);
	}
}

static bool text_take(struct en_reader *r, char *ret_text, size_t cap)
{
	const uint8_t *p = en_take(r, cap);

	if (!p || !memchr(p, 0, cap))
		return false;
	memcpy(ret_text, p, cap);
	return true;
}

static bool id_is_valid(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789");

	return n > 0 && id[n] == 0;
}

bool cp_note_read(const uint8_t note[SHM_NOTE_SESSION], struct cp_note *ret_note)
{
	struct en_reader r = en_reader(note, SHM_NOTE_SESSION);
	struct cp_note n = {0};
	const uint8_t *digest, *secret;
	uint8_t version = en_get8(&r), kind = en_get8(&r);

	n.kind = kind & ~HAS_DATA;
	n.data = kind & HAS_DATA;
	n.fingerprint_hash = en_get64(&r);
	n.ufrag_hash = en_get64(&r);
	digest = en_take(&r, DIGEST);
	secret = en_take(&r, CP_SECRET_LEN);
	if (version != VERSION || n.kind == 0 || n.kind >= CP_PEER_KINDS || !digest || !secret ||
	    !text_take(&r, n.id, sizeof(n.id)) || !text_take(&r, n.room, sizeof(n.room)) ||
	    !text_take(&r, n.name, sizeof(n.name)))
		return false;
	if (!id_is_valid(n.id) || !cp_room_name_is_valid(n.room) || !cp_name_is_valid(n.name, sizeof(n.name)))
		return false;
	text_of_digest(digest, n.own_fingerprint);
	memcpy(n.secret, secret, sizeof(n.secret));
	*ret_note = n;
	return true;
}

void cp_note_of_track(const struct cp_track *t, uint8_t ret_note[SHM_NOTE_TRACK])
{
	memset(ret_note, 0, SHM_NOTE_TRACK);
	ret_note[0] = t->muted;
	memcpy(ret_note + 1, t->name, strnlen(t->name, CP_TRACK_NAME_MAX - 1));
}

void cp_note_read_track(const uint8_t note[SHM_NOTE_TRACK], struct cp_track *t)
{
	char name[CP_TRACK_NAME_MAX];

	memcpy(name, note + 1, sizeof(name));
	t->muted = note[0] == 1;
	if (memchr(name, 0, sizeof(name)) && cp_name_is_valid(name, sizeof(name)))
		memcpy(t->name, name, sizeof(name));
}
