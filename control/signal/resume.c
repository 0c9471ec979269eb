/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resume.c - who may come in (the server's token), and who was here before (a participant's resume token).
 *
 * A resume token is "ID.SECRET": the participant's id, which all may know, and 16 random bytes, which only its client
 * was told. The secret is part of the session's note (peer/note.c), so that a new control process knows
 * it too, from the dataplane and from no file. It is also what a WHIP or WHEP session's URL ends with.
 *
 * Runs on:   the control loop. No state.
 */
#include <stdio.h>
#include <string.h>

#include "control/http/token.h"
#include "control/signal/internal.h"
#include "engine/base/consttime.h"

bool cp_token_is_right(const struct conf_control *c, const char *query, const char *authorization)
{
	return !c->token[0] || cp_token_is_given(c->token, query, authorization);
}

void cp_resume_make(const struct cp_peer *p, char ret_token[CP_RESUME_MAX])
{
	size_t at = (size_t)snprintf(ret_token, CP_RESUME_MAX, "%s.", p->id);

	_Static_assert(CP_PEER_ID_MAX + 2 * CP_SECRET_LEN + 1 <= CP_RESUME_MAX, "fits");
	for (unsigned int i = 0; i < CP_SECRET_LEN; i++)
		at += (size_t)snprintf(ret_token + at, CP_RESUME_MAX - at, "%02x", p->secret[i]);
}

static bool is_given(const struct cp_peer *p, const char *room, const char *token)
{
	char own[CP_RESUME_MAX];
	size_t id_len = strlen(p->id);
	bool right;

	if (strcmp(p->room->name, room) != 0 || strncmp(token, p->id, id_len) != 0 || token[id_len] != '.')
		return false;
	cp_resume_make(p, own);
	right = cp_token_eq(own, strlen(own), token, strlen(token));
	en_wipe(own, sizeof(own));
	return right;
}

struct cp_peer *cp_resume_find(const struct cp_hub *h, const char *room, const char *token)
{
	struct cp_peer *p;

	TAILQ_FOREACH (p, &h->peers, of_hub)
		if (is_given(p, room, token))
			return p;
	return NULL;
}
