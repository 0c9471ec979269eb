/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ngmsg.c - cookie and dictionary.
 */
#include "control/gateway/ngmsg.h"

/* Moves *r behind the blank. */
static bool read_cookie(struct en_reader *r, char *ret_cookie, struct en_err *err)
{
	unsigned int len = 0;
	char cookie[CP_NG_COOKIE_MAX + 1];
	uint8_t c = en_get8(r);

	for (; r->ok && c > 0x20 && c < 0x7f && len < CP_NG_COOKIE_MAX; c = en_get8(r))
		cookie[len++] = (char)c;
	if (!r->ok) {
		en_fail(err, -1, "the message has no blank behind its cookie");
		return false;
	}
	if (c != ' ' || !len) {
		en_fail(err, -1, "the message does not begin with a cookie of 1 to %d printable bytes and a blank",
			CP_NG_COOKIE_MAX);
		return false;
	}
	cookie[len] = '\0';
	memcpy(ret_cookie, cookie, len + 1);
	return true;
}

json_t *cp_ng_read_json(const void *data, size_t len, struct en_err *err)
{
	json_error_t why;
	json_t *json;

	json = json_loadb(data, len, 0, &why);
	if (!json) {
		en_fail(err, -1, "JSON: %s at byte %d", why.text, why.position);
		return NULL;
	}
	if (cp_bencode_judge(json, err)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

int cp_ng_parse(const void *data, size_t len, struct cp_ng_msg *ret_msg, struct en_err *err)
{
	struct en_reader r = en_reader(data, len);
	const uint8_t *p;
	json_t *json;
	size_t left;

	*ret_msg = (struct cp_ng_msg){.is_json = false};
	if (!read_cookie(&r, ret_msg->cookie, err))
		return -1;
	left = en_left(&r);
	if (!left)
		return en_fail(err, -1, "the message ends behind its cookie");
	p = en_take(&r, left);
	ret_msg->is_json = p[0] == '{';
	if (!ret_msg->is_json && p[0] != 'd')
		return en_fail(err, -1, "what follows the cookie is neither a bencode nor a JSON dictionary");
	if (ret_msg->is_json)
		json = cp_ng_read_json(p, left, err);
	else if (cp_bencode_read(p, left, &json, err))
		json = NULL;
	ret_msg->dict = json;
	return json ? 0 : -1;
}

void cp_ng_fini(struct cp_ng_msg *msg)
{
	json_decref(msg->dict);
	msg->dict = NULL;
}

/* jansson writes as much as fits and says how much there would be: what does not fit is not written at all. */
static bool write_json(const json_t *dict, struct en_writer *w)
{
	size_t left = (size_t)(w->end - w->p);
	size_t n = json_dumpb(dict, (char *)w->p, w->ok ? left : 0, JSON_COMPACT);

	return n && en_room(w, n);
}

int cp_ng_write(const struct cp_ng_msg *msg, const json_t *dict, struct en_writer *w, struct en_err *err)
{
	bool ok;

	en_put(w, msg->cookie, strlen(msg->cookie));
	en_put8(w, ' ');
	ok = msg->is_json ? write_json(dict, w) : cp_bencode_write(dict, w);
	if (ok && w->ok)
		return 0;
	if (w->ok)
		return en_fail(err, -1, "the reply has bytes that JSON cannot carry");
	return en_fail(err, -1, "the reply does not fit or has what bencode cannot carry");
}
