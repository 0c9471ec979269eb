/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg.c - what the messages of a lane are called, how long they are, and
 * whether one has the form that its reader may rely on.
 *
 * Runs on:   both sides, any thread.
 * Invariants
 *   M1  everything is read from msg.def: a message is declared once.
 *   M2  shm_msg_is_sane() is for private copies only; of shared memory its
 *       answer would be out of date at once.
 */
#include <stddef.h>

#include "engine/shm/msg.h"

#define UP   SHM_MSG_WAY_UP
#define DOWN SHM_MSG_WAY_DOWN
#define BOTH SHM_MSG_WAY_BOTH

/* clang-format off */
#define HAS_BYTES(body) _Generic((body *)NULL, struct shm_msg_packet *: true, default: false)
/* clang-format on */

static const struct form {
	const char *name, *text;
	uint32_t body;
	uint8_t way;
	bool bytes;
} forms[SHM_MSG_N] = {
#define MSG(id, word, dir, type, meaning)                                                                              \
	[id] = {.name = word, .text = meaning, .body = sizeof(type), .way = dir, .bytes = HAS_BYTES(type)},
#include "engine/shm/msg.def"
#undef MSG
};

#define MSG(id, word, dir, type, meaning)                                                                              \
	_Static_assert(sizeof(type) > 0 && sizeof(type) <= sizeof(struct shm_msg) - offsetof(struct shm_msg, session), \
		       "every body has its place in struct shm_msg");
#include "engine/shm/msg.def"
#undef MSG

const char *shm_msg_name(uint32_t type)
{
	return type < SHM_MSG_N ? forms[type].name : NULL;
}

const char *shm_msg_text(uint32_t type)
{
	return type < SHM_MSG_N ? forms[type].text : NULL;
}

uint32_t shm_msg_body(uint32_t type)
{
	return type < SHM_MSG_N ? forms[type].body : 0;
}

unsigned int shm_msg_way(uint32_t type)
{
	return type < SHM_MSG_N ? forms[type].way : 0;
}

bool shm_msg_has_bytes(uint32_t type)
{
	return type < SHM_MSG_N && forms[type].bytes;
}

bool shm_msg_len_fits(uint32_t type, uint32_t len)
{
	uint32_t body = shm_msg_body(type);

	if (body == 0 || len < body)
		return false;
	return len - body <= (forms[type].bytes ? SHM_PACKET_MAX : 0);
}

static bool is_text(const char *s, size_t cap)
{
	return memchr(s, '\0', cap) != NULL;
}

static bool is_address(const struct en_ep *ep)
{
	return ep->addr.family == EN_AF_NONE || ep->addr.family == EN_AF_INET || ep->addr.family == EN_AF_INET6;
}

bool shm_msg_is_sane(const struct shm_msg *m)
{
	switch (m->type) {
	case SHM_MSG_SESSION:
		return is_text(m->session.ufrag, sizeof(m->session.ufrag)) &&
		       is_text(m->session.pwd, sizeof(m->session.pwd)) && is_address(&m->session.remote);
	case SHM_MSG_PATH:
		return is_address(&m->path.remote);
	case SHM_MSG_LEG:
		return is_address(&m->leg.remote) && is_address(&m->leg.remote_rtcp);
	case SHM_MSG_SESSION_EVENT:
		return is_address(&m->event.remote);
	case SHM_MSG_TRACK:
		return is_text(m->track.mid, sizeof(m->track.mid)) && m->track.pt_n <= SHM_PTS_MAX &&
		       m->track.ssrc_n <= SHM_SSRCS_MAX;
	case SHM_MSG_ROUTE:
		return is_text(m->route.mid, sizeof(m->route.mid)) && m->route.pt_n <= SHM_PTS_MAX;
	case SHM_MSG_PUNT:
	case SHM_MSG_INJECT:
	case SHM_MSG_INJECT_TO:
	case SHM_MSG_STUN:
	case SHM_MSG_RTP:
		return m->packet.head.len == m->len - sizeof(m->packet.head) && is_address(&m->packet.head.remote);
	default:
		return true;
	}
}
