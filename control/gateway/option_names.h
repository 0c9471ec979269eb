/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option_names.h - the table of everything that has a name in an ng dictionary.
 */
#ifndef CP_GW_OPTION_NAMES_H
#define CP_GW_OPTION_NAMES_H

#include "control/gateway/options.h"

enum cp_gw_kind {
	CP_GW_KIND_KEY, /* text; from an own key alone. value: the most bytes */
	CP_GW_KIND_TEXT, /* text behind '='. value: the most bytes */
	CP_GW_KIND_LIST, /* struct cp_gw_list: one text or many, behind '=' or '-'. value: the most texts */
	CP_GW_KIND_ITSELF, /* struct cp_gw_list: the name is the text. value: the most texts */
	CP_GW_KIND_NUMBER, /* int32_t behind '=' or '-'. value: the greatest */
	CP_GW_KIND_BIT, /* value: the bit of the uint32_t */
	CP_GW_KIND_CHOICE, /* value: what the uint8_t becomes */
	CP_GW_KIND_GROUP, /* values are names of which the front is this one: "ice" "force" -> "ice-force" */
	CP_GW_KIND_WORDS, /* a list of words, each a name of its own; or all in one text */
	CP_GW_KIND_ELSEWHERE, /* known, but read by the command that it belongs to */
};

struct cp_gw_name {
	const char *name; /* lower case, hyphens */
	uint8_t kind; /* enum cp_gw_kind */
	uint16_t at; /* offset into struct cp_gw_options */
	uint32_t value;
};

/*
 * The longest name that `text` begins with, where `front` (NULL: nothing) and a hyphen are thought before it; `text`
 * ends there or goes on with '=', or with '-' when the kind takes its value so. *ret_value: what stands behind that
 * sign, NULL when the name is all there is. own_value: the value comes beside the text, so the name must be all.
 * NULL: no such name.
 */
const struct cp_gw_name *cp_gw_name_find(const char *front, const char *text, bool own_value, const char **ret_value);

/* Whether two names are the same whatever their spelling; name: as in the table. */
bool cp_gw_name_is(const char *text, const char *name);

/* options.plain_words */
#define CP_GW_WORD_RTP  (1u << 0)
#define CP_GW_WORD_SRTP (1u << 1)
#define CP_GW_WORD_AVP  (1u << 2)
#define CP_GW_WORD_AVPF (1u << 3)
#define CP_GW_WORD_DTLS (1u << 4)

#endif
