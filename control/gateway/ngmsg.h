/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ngmsg.h - one datagram of the ng protocol: a cookie, one blank, a dictionary as bencode or as JSON.
 *
 *   5323_1 d7:command4:pinge            5323_1 {"command":"ping"}
 *   5323_1 d6:result4:ponge             5323_1 {"result":"pong"}
 *
 * The reply has the request's cookie and its form. A cookie that came before is a retransmission: whoever keeps the
 * replies looks it up (reference: media.md §1.1).
 *
 * Runs on:   any thread, on what the caller owns.
 */
#ifndef CP_NGMSG_H
#define CP_NGMSG_H

#include "control/gateway/bencode.h"

#define CP_NG_COOKIE_MAX 255

struct cp_ng_msg {
	char cookie[CP_NG_COOKIE_MAX + 1]; /* 1 to 255 printable bytes without blanks; "" when it could not be read */
	bool is_json; /* else bencode */
	json_t *dict; /* an object within the limits of bencode.h; NULL when it could not be read */
};

/*
 * Returns 0: msg->dict is the caller's (cp_ng_fini). Else -1, *err has a sentence for people; when msg->cookie is
 * not empty, the sentence can be sent to the one who asked, in the form that msg->is_json tells.
 */
int cp_ng_parse(const void *data, size_t len, struct cp_ng_msg *ret_msg, struct en_err *err);
/* A dictionary alone, as JSON, within the same limits; NULL with err. The caller's. */
json_t *cp_ng_read_json(const void *data, size_t len, struct en_err *err);
void cp_ng_fini(struct cp_ng_msg *msg);

/*
 * "COOKIE DICT" in the form of `msg`, of which the cookie is used and not the dictionary. Returns 0; or -1 when it does
 * not fit (the writer is not ok then), or when JSON is asked for and a string in it is not UTF-8.
 */
int cp_ng_write(const struct cp_ng_msg *msg, const json_t *dict, struct en_writer *w, struct en_err *err);

#endif
