/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * whip.c - WHIP and WHEP: one offer in a POST, one answer in its 201; the session ends with DELETE, or by itself when
 * its path is lost.
 *
 *   POST    /whip/ROOM, /whep/ROOM   201 with the answer, Location, and Link headers for our TURN server
 *   DELETE  /whip/ROOM/TOKEN         200; TOKEN may be a call's resume token: it leaves, whatever became of its
 * WebSocket PATCH   /whip/ROOM/TOKEN         204 for candidates (passed over when we are ICE-lite), 501 for an ICE
 * restart GET     either                   204
 *
 * POST /whip/echo gives a publisher its own media back in the sections that it offers as sendrecv.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   W1  an offer that cannot be done whole is refused whole: no session is left of it (RFC 9725 s4.2).
 *   W2  TOKEN is the session's resume token: who does not know it cannot end the session (resume.c).
 *
 * Specs:     RFC 9725 s4; draft-ietf-wish-whep-03 s4.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/ice/credential.h"
#include "control/signal/internal.h"
#include "engine/base/clock.h"
#include "engine/base/consttime.h"

#define LINK_MAX 320

struct whip {
	struct cp_signal *signal;
	struct cp_http_request *req;
	const struct cp_http_in *in;
	bool play; /* WHEP */
	char room[CP_ROOM_NAME_MAX];
	const char *token; /* of a session's URL; NULL: the endpoint's */
};

static void refuse(const struct whip *w, int status, const char *why)
{
	static const struct cp_http_header bearer = {"WWW-Authenticate", "Bearer"}, again = {"Retry-After", "2"},
					   allow = {"Allow", "POST, GET, PATCH, DELETE, OPTIONS"};
	const struct cp_http_header *h = status == 401   ? &bearer
					 : status == 503 ? &again
					 : status == 405 ? &allow
							 : NULL;
	char text[640];
	int len = snprintf(text, sizeof(text), "%s\n", why);

	cp_http_answer(w->req, status, "text/plain; charset=utf-8", h, h != NULL, text,
		       len < (int)sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

/* "/whip/ROOM[/TOKEN]" into its parts. */
static bool path_read(struct whip *w)
{
	const char *room = w->in->path + 6, *slash = strchr(room, '/');
	size_t len = slash ? (size_t)(slash - room) : strlen(room);

	if (len >= sizeof(w->room))
		return false;
	w->play = strncmp(w->in->path, "/whep/", 6) == 0;
	snprintf(w->room, sizeof(w->room), "%.*s", (int)len, room);
	w->token = slash && slash[1] ? slash + 1 : NULL;
	return cp_room_name_is_valid(w->room);
}

/* --- POST -------------------------------------------------------------------------------- */

/* Link: <turn:…>; rel="ice-server"; …, one a URL (RFC 9725 s4.6). */
static unsigned int links_make(const struct whip *w, const char *id, char text[][LINK_MAX], struct cp_http_header *h)
{
	struct cp_turn_server turn;

	cp_turn_server_make(&w->signal->ctl->conf->turn, id, en_wall_s(), &turn);
	for (unsigned int i = 0; i < turn.url_n; i++) {
		snprintf(text[i], LINK_MAX,
			 "<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; credential-type=\"password\"",
			 turn.url[i], turn.username, turn.credential);
		h[i] = (struct cp_http_header){"Link", text[i]};
	}
	en_wipe(turn.credential, sizeof(turn.credential));
	return turn.url_n;
}

static void created(const struct whip *w, const struct cp_peer *p, const char *sdp, size_t len)
{
	struct cp_http_header header[1 + CP_TURN_URLS_MAX];
	char location[CP_ROOM_NAME_MAX + CP_RESUME_MAX + 16], token[CP_RESUME_MAX];
	char(*links)[LINK_MAX] = calloc(CP_TURN_URLS_MAX, LINK_MAX);
	unsigned int n = 1;

	cp_resume_make(p, token);
	snprintf(location, sizeof(location), "/%s/%s/%s", w->play ? "whep" : "whip", w->room, token);
	header[0] = (struct cp_http_header){"Location", location};
	if (links)
		n += links_make(w, p->id, links, header + 1);
	cp_http_answer(w->req, 201, "application/sdp", header, n, sdp, len);
	free(links);
}

static enum cp_peer_kind kind_of(const struct whip *w)
{
	if (w->play)
		return CP_PEER_WHEP;
	return strcmp(w->room, "echo") == 0 ? CP_PEER_ECHO : CP_PEER_WHIP;
}

static bool somebody_publishes(const struct whip *w)
{
	const struct cp_room *r = cp_room_find(w->signal->hub, w->room);
	const struct cp_peer *p;

	if (r)
		TAILQ_FOREACH (p, &r->members, of_room)
			if (p->track_n > 0)
				return true;
	return false;
}

/* Channels may be opened before others come; a publisher must be there. */
static bool has_data(const struct whip *w)
{
	return memmem(w->in->body, w->in->body_len, "\nm=application ", 15) != NULL;
}

static int status_of(int rc)
{
	return rc == -EINVAL ? 400 : 503;
}

static void post_offer(const struct whip *w, char *sdp)
{
	struct en_err err, warn;
	struct cp_peer *p = cp_peer_join(w->signal->hub, w->room, kind_of(w), w->play ? "viewer" : "publisher", &err);
	int len;

	if (!p) {
		refuse(w, 503, err.text);
		return;
	}
	p->owner = cp_setup_owner(w->in->client);
	len = cp_offer_apply(p, (const char *)w->in->body, w->in->body_len, NULL, 0, sdp, CP_SDP_MAX, &warn, &err);
	if (len >= 0 && !warn.text[0]) {
		created(w, p, sdp, (size_t)len);
		return;
	}
	if (len < 0)
		refuse(w, status_of(len), err.text);
	else
		refuse(w, w->play ? 406 : 503, warn.text);
	cp_peer_destroy(p);
}

static void post(const struct whip *w)
{
	char *sdp;

	if (w->token) {
		refuse(w, 405, "An offer is sent to the room, not to a session.");
		return;
	}
	if (strcmp(w->in->content_type, "application/sdp") != 0) {
		refuse(w, 415, "The offer must be sent as Content-Type: application/sdp.");
		return;
	}
	if (!w->signal->hub->synced) {
		refuse(w, 503, "The media engine is starting; try again in a moment.");
		return;
	}
	if (w->play && !has_data(w) && !somebody_publishes(w)) {
		refuse(w, 404, "Nobody publishes in this room.");
		return;
	}
	sdp = malloc(CP_SDP_MAX);
	if (sdp)
		post_offer(w, sdp);
	else
		refuse(w, 503, "The server has no memory for another session.");
	free(sdp);
}

/* --- sessions ------------------------------------------------------------------------------ */

static struct cp_peer *session_find(const struct whip *w)
{
	struct cp_peer *p = w->token ? cp_resume_find(w->signal->hub, w->room, w->token) : NULL;

	return p && (p->kind == CP_PEER_WHEP) == w->play ? p : NULL;
}

static void delete (const struct whip *w)
{
	struct cp_peer *p = session_find(w);

	if (!p && !w->signal->hub->synced) {
		refuse(w, 503, "The media engine is starting, and may have this session; try again in a moment.");
		return;
	}
	if (!p) {
		refuse(w, 404, "There is no such session (any more).");
		return;
	}
	if (p->client)
		cp_signal_hub_events.change(w->signal, p, CP_PEER_GONE, "This participant has left.");
	cp_peer_destroy(p);
	cp_http_answer(w->req, 200, NULL, NULL, 0, NULL, 0);
}

/* Does a trickle-ice-sdpfrag speak of another ICE user name than the offer did? (RFC 9725 s4.4.2) */
static bool is_restart(const struct whip *w, const struct cp_peer *p)
{
	char ufrag[260] = "", pwd[260] = "";
	const char *body = (const char *)w->in->body, *line;

	line = strstr(body, "a=ice-ufrag:");
	if (!line || sscanf(line, "a=ice-ufrag:%259[^\r\n]", ufrag) != 1)
		return false;
	line = strstr(body, "a=ice-pwd:");
	if (line && sscanf(line, "a=ice-pwd:%259[^\r\n]", pwd) != 1)
		return true;
	return cp_offer_ufrag_hash(ufrag, pwd) != p->ufrag_hash;
}

/* RFC 8840 s4: the fragment's candidates; all are of the one transport. */
static void trickle(const struct whip *w, struct cp_peer *p)
{
	struct wire_text rest = {.p = (const char *)w->in->body, .len = (uint32_t)w->in->body_len}, line;

	while (rest.len) {
		line = wire_text_cut(&rest, '\n');
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len > 12 && memcmp(line.p, "a=candidate:", 12) == 0)
			cp_path_candidate(p, line.p, line.len);
		else if (wire_text_is(line, "a=end-of-candidates"))
			cp_path_candidate(p, "", 0);
	}
	cp_http_answer(w->req, 204, NULL, NULL, 0, NULL, 0);
}

static void patch(const struct whip *w)
{
	struct cp_peer *p = session_find(w);

	if (!p || p->kind == CP_PEER_CALL)
		refuse(w, 404, "There is no such session (any more).");
	else if (strcmp(w->in->content_type, "application/trickle-ice-sdpfrag") != 0)
		refuse(w, 415, "Candidates must be sent as Content-Type: application/trickle-ice-sdpfrag.");
	else if (is_restart(w, p))
		refuse(w, 501, "This server restarts no ICE over WHIP and WHEP: end the session and begin anew.");
	else
		trickle(w, p);
}

void cp_whip_request(struct cp_signal *s, struct cp_http_request *req, const struct cp_http_in *in)
{
	static const struct cp_http_header accept = {"Accept-Post", "application/sdp"};
	struct whip w = {.signal = s, .req = req, .in = in};

	if (strcmp(in->method, "OPTIONS") == 0)
		cp_http_answer(req, 204, NULL, &accept, 1, NULL, 0);
	else if (!cp_token_is_right(&s->ctl->conf->control, in->query, in->authorization))
		refuse(&w, 401, "This server asks for a token: Authorization: Bearer … or ?token=….");
	else if (!path_read(&w))
		refuse(&w, 404, "The name of a room has 1 to 64 characters of A-Z, a-z, 0-9, _ . and -.");
	else if (strcmp(in->method, "POST") == 0)
		post(&w);
	else if (strcmp(in->method, "DELETE") == 0 && w.token)
		delete (&w);
	else if (strcmp(in->method, "PATCH") == 0 && w.token)
		patch(&w);
	else if (strcmp(in->method, "GET") == 0)
		cp_http_answer(req, 204, NULL, &accept, 1, NULL, 0);
	else
		refuse(&w, 405, "This URL takes POST of an offer; a session's takes DELETE and PATCH.");
}
