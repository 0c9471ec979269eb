/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * permission.c - CreatePermission (RFC 8656 s10.2): all peers or none.
 */
#include "dataplane/turn/request.h"

#include "dataplane/turn/alloc.h"
#include "dataplane/turn/policy.h"

#define PEERS_MAX 128 /* in one request; more than a datagram of 1500 bytes holds */

/* Read and judge every peer; 0 or the error code. */
static unsigned int read_peers(struct dp_req *r, struct en_addr peer[PEERS_MAX], unsigned int *ret_n)
{
	const struct dp_alloc *a = &r->t->alloc[r->alloc];
	struct wire_attr_iter it = {0};
	struct en_ep asked, ours;
	unsigned int n = 0;
	bool self;
	int got;

	while ((got = dp_req_next_peer(r, &it, &asked)) > 0) {
		/* RFC 8656 s10.2: another family than the relayed address: 443; policy: 403 */
		if (!dp_alloc_has_family(a, asked.addr.family))
			return WIRE_ERR_PEER_FAMILY_MISMATCH;
		if (!dp_policy_peer(r->t->shared, &asked, false, &ours, &self))
			return WIRE_ERR_FORBIDDEN;
		if (n == PEERS_MAX)
			return WIRE_ERR_INSUFFICIENT_CAPACITY;
		peer[n++] = ours.addr;
	}
	/* RFC 8656 s10.2 MUST: at least one XOR-PEER-ADDRESS, each valid */
	if (got < 0 || n == 0)
		return WIRE_ERR_BAD_REQUEST;
	*ret_n = n;
	return 0;
}

enum dp_turn_verdict dp_handle_create_permission(struct dp_req *r)
{
	struct en_addr peer[PEERS_MAX];
	struct wire_stun_builder b;
	unsigned int n = 0;
	unsigned int code = read_peers(r, peer, &n);

	if (code)
		return dp_reply_error(r, code, "no permission installed");
	if (!dp_perm_room(r->t, r->alloc, dp_perm_count_new(r->t, r->alloc, peer, n)))
		return dp_reply_error(r, WIRE_ERR_INSUFFICIENT_CAPACITY, "permission table full");
	for (unsigned int i = 0; i < n; i++)
		dp_perm_install(r->t, r->alloc, &peer[i]);
	dp_say(r->out, "CreatePermission: %u peers, %u s", n, r->t->shared->conf->permission_lifetime);
	dp_reply_begin(r, &b);
	return dp_reply_end(r, &b);
}
