/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * words.h - options in one text, as rtpp_flags have them, cut into a tree.
 *
 *   trust-address ICE=force codec=[transcode=[PCMA PCMU] strip=[EVS]]
 *   ["trust-address", "ICE=force", {"codec": [{"transcode": ["PCMA", "PCMU"]}, {"strip": ["EVS"]}]}]
 */
#ifndef CP_GW_WORDS_H
#define CP_GW_WORDS_H

#include "control/gateway/bencode.h"

/*
 * The words, apart by white space, in a list that is the caller's. A bracket too many or too few is overlooked.
 * NULL: more words than CP_BENCODE_VALUES_MAX, or brackets deeper than CP_BENCODE_DEPTH_MAX; with a sentence.
 */
json_t *cp_gw_words(const char *text, size_t len, struct en_err *err);

#endif
