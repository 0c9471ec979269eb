/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ngmsg_fuzz.c - arbitrary bytes as an ng datagram, and the options of the command in it.
 *
 * Held besides memory safety: a refusal has a sentence; options keep their limits and point at texts; what was parsed
 * is the same after it was written in either form and parsed again.
 */
#include <stdlib.h>

#include "control/gateway/ngmsg.h"
#include "control/gateway/options.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_list(const struct cp_gw_list *list, uint32_t most)
{
	must(list->n <= most);
	for (uint32_t i = 0; i < list->n; i++)
		must(list->item[i][0] && strlen(list->item[i]) <= CP_GW_NAME_MAX);
}

static void check_text(const char *text, size_t most)
{
	must(!text || (text[0] && strlen(text) <= most));
}

static void check_options(const struct cp_gw_options *o)
{
	const struct cp_gw_list *const lists[] = {&o->sdes_no,   &o->sdes_only, &o->strip,  &o->offer,   &o->except,
						  &o->transcode, &o->mask,      &o->accept, &o->consume, &o->set};
	char warning[256];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		check_list(lists[i], CP_GW_LIST_MAX);
	check_list(&o->direction, 2);
	check_text(o->call_id, CP_GW_ID_MAX);
	check_text(o->from_tag, CP_GW_ID_MAX);
	check_text(o->to_tag, CP_GW_ID_MAX);
	check_text(o->via_branch, CP_GW_ID_MAX);
	check_text(o->label, CP_GW_ID_MAX);
	check_text(o->metadata, CP_GW_METADATA_MAX);
	must(o->transport < CP_GW_TRANSPORT_N && o->ice <= CP_GW_ICE_OPTIONAL && o->dtls <= CP_GW_DTLS_ACTIVE);
	must(o->ptime >= -1 && o->ptime <= 1000 && o->tos >= -1 && o->tos <= 255 && o->delete_delay >= -1);
	must(o->media_address.family == EN_AF_NONE || o->media_address_text);
	must(o->received_from.family == EN_AF_NONE || o->received_from_text);
	must(cp_gw_options_warning(o, warning, sizeof(warning)) == (warning[0] != '\0'));
	for (const char *p = warning; *p; p++)
		must(*p >= 0x20 && *p < 0x7f);
}

static void read_options(json_t *dict, uint32_t needs)
{
	struct cp_gw_options o;
	struct en_err err = {.text = ""};

	if (cp_gw_options_read(dict, needs, &o, &err)) {
		must(err.text[0] != '\0');
		return;
	}
	must(!(needs & CP_GW_NEEDS_CALL_ID) || o.call_id);
	must(!(needs & CP_GW_NEEDS_SDP) || o.sdp);
	check_options(&o);
	cp_gw_options_fini(&o);
}

static void write_and_parse(const struct cp_ng_msg *msg, bool as_json, size_t size)
{
	size_t cap = 8 * size + 64; /* JSON spends up to six bytes on one */
	struct cp_ng_msg form = *msg, again;
	uint8_t *text = malloc(cap);
	struct en_writer w = en_writer(text, cap);
	struct en_err err;

	must(text != NULL);
	form.is_json = as_json;
	if (cp_ng_write(&form, msg->dict, &w, &err)) {
		must(as_json && !msg->is_json && w.ok); /* bytes that are not UTF-8 */
	} else {
		must(cp_ng_parse(text, en_written(&w), &again, &err) == 0);
		must(strcmp(again.cookie, msg->cookie) == 0 && again.is_json == as_json);
		must(as_json != msg->is_json || json_equal(again.dict, msg->dict));
		must(msg->is_json ||
		     json_equal(again.dict, msg->dict)); /* the other way round booleans become integers */
		cp_ng_fini(&again);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact in = exact_copy(data, size, 0);
	struct cp_ng_msg msg;
	struct en_err err;
	int rc = cp_ng_parse(in.data, size, &msg, &err);

	exact_free(&in);
	if (rc) {
		must(!msg.dict && err.text[0]);
		return 0;
	}
	read_options(msg.dict, 0);
	read_options(msg.dict, CP_GW_NEEDS_CALL_ID | CP_GW_NEEDS_SDP);
	write_and_parse(&msg, false, size);
	write_and_parse(&msg, true, size);
	cp_ng_fini(&msg);
	return 0;
}
