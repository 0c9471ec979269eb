/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto.c - what a client may say, as a table; what is said of tracks and participants.
 *
 * Runs on:   the control loop. No state.
 *
 * Invariants
 *   P1  what cp_proto_read() returns has every required field, and each known field has its type and fits its size;
 *       fields that nobody knows are passed over.
 *   P2  strings are UTF-8 without NUL (jansson refuses others).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/signal/internal.h"

enum field_type {
	FIELD_TEXT,
	FIELD_BOOL,
	FIELD_INTEGER,
	FIELD_OBJECT,
};

struct field {
	const char *name;
	enum field_type type;
	bool required;
	size_t max; /* bytes of a text */
};

#define FIELDS_MAX 5

static const struct {
	const char *name;
	struct field field[FIELDS_MAX];
} messages[CP_SAID_N] = {
	[CP_SAID_JOIN] = {"join",
			  {{"room", FIELD_TEXT, true, CP_ROOM_NAME_MAX - 1},
			   {"name", FIELD_TEXT, false, CP_NAME_MAX - 1},
			   {"resume", FIELD_TEXT, false, CP_RESUME_MAX - 1}}},
	[CP_SAID_OFFER] = {"offer",
			   {{"n", FIELD_INTEGER, false, 0},
			    {"sdp", FIELD_TEXT, true, CP_SDP_MAX},
			    {"publish", FIELD_OBJECT, false, 0},
			    {"subscribe", FIELD_OBJECT, false, 0}}},
	[CP_SAID_DATA] = {"data", {{"n", FIELD_INTEGER, false, 0}, {"sdp", FIELD_TEXT, true, CP_SDP_MAX}}},
	[CP_SAID_CANDIDATE] = {"candidate", {{"candidate", FIELD_TEXT, false, 1024}, {"data", FIELD_BOOL, false, 0}}},
	[CP_SAID_MUTE] = {"mute", {{"track", FIELD_TEXT, true, CP_TRACK_ID_MAX - 1}, {"muted", FIELD_BOOL, true, 0}}},
	[CP_SAID_NAME] = {"name", {{"name", FIELD_TEXT, true, CP_NAME_MAX - 1}}},
	[CP_SAID_LEAVE] = {"leave", {{0}}},
	[CP_SAID_PING] = {"ping", {{0}}},
};

static bool has_type(const json_t *v, enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
		return json_is_string(v);
	case FIELD_BOOL:
		return json_is_boolean(v);
	case FIELD_INTEGER:
		return json_is_integer(v);
	case FIELD_OBJECT:
		return json_is_object(v);
	}
	return false;
}

static int field_check(const char *message, const struct field *f, const json_t *v, struct en_err *err)
{
	static const char *const types[] = {"a string", "true or false", "an integer", "an object"};

	if (!v)
		return f->required ? en_fail(err, -EINVAL, "\"%s\" lacks \"%s\".", message, f->name) : 0;
	if (!has_type(v, f->type))
		return en_fail(err, -EINVAL, "\"%s\" of \"%s\" must be %s.", f->name, message, types[f->type]);
	if (f->type == FIELD_TEXT && json_string_length(v) > f->max)
		return en_fail(err, -EINVAL, "\"%s\" of \"%s\" may have at most %zu bytes.", f->name, message, f->max);
	return 0;
}

static int said_find(const json_t *m, struct en_err *err)
{
	const char *t = json_string_value(json_object_get(m, "t"));

	if (!json_is_object(m) || !t)
		return en_fail(err, -EINVAL, "A message is a JSON object with a string \"t\".");
	for (int i = 0; i < CP_SAID_N; i++)
		if (strcmp(t, messages[i].name) == 0)
			return i;
	return en_fail(err, -EINVAL, "No message is called \"%.32s\".", t);
}

json_t *cp_proto_read(const char *text, size_t len, enum cp_said *ret_said, struct en_err *err)
{
	json_error_t why;
	json_t *m = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	int said;

	if (!m) {
		en_fail(err, -EINVAL, "That is no JSON: line %d: %s.", why.line, why.text);
		return NULL;
	}
	said = said_find(m, err);
	for (unsigned int i = 0; said >= 0 && i < FIELDS_MAX && messages[said].field[i].name; i++) {
		const struct field *f = &messages[said].field[i];

		if (field_check(messages[said].name, f, json_object_get(m, f->name), err) != 0)
			said = -1;
	}
	if (said < 0) {
		json_decref(m);
		return NULL;
	}
	*ret_said = (enum cp_said)said;
	return m;
}

/* --- offers -------------------------------------------------------------------------- */

/* The wish of a section, made at its first mention; NULL with err. */
static struct cp_wish *wish_of(struct cp_wish *wish, unsigned int *n, const char *mid, struct en_err *err)
{
	for (unsigned int i = 0; i < *n; i++)
		if (strcmp(wish[i].mid, mid) == 0)
			return &wish[i];
	if (strlen(mid) >= SHM_MID_MAX || !mid[0]) {
		en_fail(err, -EINVAL, "\"%.40s\" is no section: a mid has 1 to %d characters.", mid, SHM_MID_MAX - 1);
		return NULL;
	}
	if (*n == CP_SECTIONS_MAX) {
		en_fail(err, -EINVAL, "An offer may name at most %d sections.", CP_SECTIONS_MAX);
		return NULL;
	}
	wish[*n] = (struct cp_wish){.muted = -1};
	snprintf(wish[*n].mid, sizeof(wish[*n].mid), "%s", mid);
	return &wish[(*n)++];
}

static int publish_read(struct cp_wish *w, const json_t *v, struct en_err *err)
{
	const json_t *name = json_object_get(v, "name"), *muted = json_object_get(v, "muted");

	if (!json_is_object(v) || (name && !json_is_string(name)) || (muted && !json_is_boolean(muted)))
		return en_fail(err, -EINVAL, "\"publish\" is {MID: {\"name\": string, \"muted\": true or false}}.");
	if (name && !cp_name_is_valid(json_string_value(name), sizeof(w->name)))
		return en_fail(err, -EINVAL, "The name of a track has 1 to %d bytes without control characters.",
			       CP_TRACK_NAME_MAX - 1);
	if (name)
		snprintf(w->name, sizeof(w->name), "%s", json_string_value(name));
	if (muted)
		w->muted = json_is_true(muted);
	return 0;
}

static int subscribe_read(struct cp_wish *w, const json_t *v, struct en_err *err)
{
	if (!json_is_null(v) && !json_is_string(v))
		return en_fail(err, -EINVAL, "\"subscribe\" is {MID: track or null}.");
	if (json_is_string(v) && json_string_length(v) >= sizeof(w->track))
		return en_fail(err, -EINVAL, "The id of a track has at most %zu bytes.", sizeof(w->track) - 1);
	w->subscribes = true;
	snprintf(w->track, sizeof(w->track), "%s", json_is_string(v) ? json_string_value(v) : "");
	return 0;
}

static int wishes_read(json_t *all, bool publish, struct cp_wish *wish, unsigned int *n, struct en_err *err)
{
	const char *mid;
	json_t *v;

	json_object_foreach(all, mid, v)
	{
		struct cp_wish *w = wish_of(wish, n, mid, err);

		if (!w || (publish ? publish_read(w, v, err) : subscribe_read(w, v, err)) != 0)
			return -EINVAL;
	}
	return 0;
}

int cp_proto_wishes(const json_t *offer, struct cp_wish wish[CP_SECTIONS_MAX], struct en_err *err)
{
	unsigned int n = 0;

	if (wishes_read(json_object_get(offer, "publish"), true, wish, &n, err) != 0 ||
	    wishes_read(json_object_get(offer, "subscribe"), false, wish, &n, err) != 0)
		return -EINVAL;
	return (int)n;
}

/* --- what is said of others ------------------------------------------------------------- */

json_t *cp_proto_track(const struct cp_track *t)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", t->id, "participant", t->peer->id, "kind",
			 t->set.kind == SHM_TRACK_AUDIO ? "audio" : "video", "name", t->name, "muted", t->muted);
}

json_t *cp_proto_participant(const struct cp_peer *p)
{
	json_t *tracks = json_array();
	const struct cp_track *t;

	TAILQ_FOREACH (t, &p->tracks, of_peer)
		json_array_append_new(tracks, cp_proto_track(t));
	return json_pack("{s:s, s:s, s:b, s:o}", "id", p->id, "name", p->name, "data", cp_peer_data_is_there(p),
			 "tracks", tracks);
}
