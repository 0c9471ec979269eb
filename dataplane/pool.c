/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool.c - packet buffers with room for struct dp_pkt.
 *
 * Runs on:   start.
 * Invariants
 *   P1  a pool that AF_XDP shares with the kernel lies as the driver computes it:
 *       objects one behind the other from the first byte of one piece of memory,
 *       across page boundaries. The driver takes "number x size" for its window; what the
 *       default layout pads lies outside, fails there and is lost for good.
 *   P2  buffers that no device fills come back in the order last in, first out: a core that sends one packet to a
 *       hundred receivers goes on using the ones that its caches hold.
 */
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include "dataplane/port.h"

#define POOL_CACHE 256

struct window {
	uintptr_t start, end;
	unsigned int outside;
};

static void count_outside(struct rte_mempool *mp, void *opaque, void *obj, unsigned int index)
{
	struct window *w = opaque;
	uintptr_t at = (uintptr_t)obj - mp->header_size;

	(void)index;
	if (at < w->start || at + mp->header_size + mp->elt_size + mp->trailer_size > w->end)
		w->outside++;
}

/* P1, asserted with the driver's own arithmetic. */
static int check_window(struct rte_mempool *mp, struct en_err *err)
{
	const struct rte_mempool_memhdr *first = STAILQ_FIRST(&mp->mem_list);
	struct window w = {.start = (uintptr_t)first->addr};

	w.end = w.start + (uintptr_t)mp->populated_size * rte_mempool_calc_obj_size(mp->elt_size, mp->flags, NULL);
	rte_mempool_obj_iter(mp, count_outside, &w);
	if (w.outside)
		return en_fail(err, -1,
			       "%u of %u packet buffers of pool %s lie outside the memory that AF_XDP would share with "
			       "the kernel: give the port fewer buffers, or the dataplane more memory",
			       w.outside, mp->populated_size, mp->name);
	return 0;
}

static int explain_no_pool(const char *name, unsigned int n, unsigned int data_room, int code, struct en_err *err)
{
	if (code == ENOMEM || code == ENOBUFS)
		return en_fail(err, -1,
			       "no memory for the %u packet buffers (%u MiB) of pool %s: raise [dataplane] memory, or "
			       "lower the port's buffers",
			       n, (unsigned int)(((uint64_t)n * (data_room + 256u)) >> 20) + 1, name);
	return en_fail(err, -1, "cannot make packet pool %s of %u buffers: %s", name, n, rte_strerror(code));
}

/*
 * rte_pktmbuf_pool_create() takes no flags, so its steps are done here: the
 * layout of P1 is a flag of the empty pool.
 */
struct rte_mempool *dp_pool_mbuf_create(const char *name, unsigned int n, unsigned int data_room,
					enum dp_pool_kind kind, struct en_err *err)
{
	struct rte_pktmbuf_pool_private priv = {
		.mbuf_data_room_size = (uint16_t)data_room,
		.mbuf_priv_size = sizeof(struct dp_pkt),
	};
	unsigned int size = (unsigned int)(sizeof(struct rte_mbuf) + sizeof(struct dp_pkt)) + data_room;
	unsigned int cache = n >= 4 * POOL_CACHE ? POOL_CACHE : 0;
	struct rte_mempool *mp;
	int code;

	mp = rte_mempool_create_empty(name, n, size, cache, sizeof(priv), SOCKET_ID_ANY,
				      kind == DP_POOL_XDP ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0);
	if (!mp) {
		explain_no_pool(name, n, data_room, rte_errno, err);
		return NULL;
	}
	code = rte_mempool_set_ops_byname(mp, kind == DP_POOL_OWN ? "lf_stack" : rte_mbuf_best_mempool_ops(), NULL);
	if (code == 0) {
		rte_pktmbuf_pool_init(mp, &priv);
		code = rte_mempool_populate_default(mp);
	}
	if (code < 0) {
		explain_no_pool(name, n, data_room, -code, err);
		goto fail;
	}
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	if (kind == DP_POOL_XDP && check_window(mp, err) != 0)
		goto fail;
	return mp;

fail:
	rte_mempool_free(mp);
	return NULL;
}
