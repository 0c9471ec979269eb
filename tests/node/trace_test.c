/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace_test.c - a tap lent to the cores: what it takes, how it is counted,
 * how it ends. The test is the reader.
 */
#include <errno.h>
#include <unistd.h>

#include "dataplane/ctl/tap.h"
#include "engine/shm/tap.h"
#include "tests/node/lib/turn_client.h"

#define HOST4   "198.18.0.10"
#define ENGINE4 "198.18.0.2"

static struct dp_tapper tapper;
static struct shm_tap *reader;
static uint64_t reader_size;
static struct frame f;
static struct packet p;

static void tap_on(const struct shm_ctl_request *req)
{
	struct en_err err;
	uint64_t size;
	int fd;

	tapper = (struct dp_tapper){.world = lab.world};
	fd = dp_tapper_begin(&tapper, req, &size, &err);
	assert_true(fd >= 0);
	reader = shm_tap_open(fd, &reader_size, &err);
	assert_non_null(reader);
	assert_int_equal(reader_size, size);
	close(fd);
	lab_step(1); /* the cores take it up */
}

static void tap_off(void)
{
	dp_tapper_end(&tapper);
	lab_step(1);
	dp_tapper_work(&tapper);
	assert_null(tapper.tap);
	shm_tap_unmap(reader, reader_size);
}

/* The next record of a core; its size at least. */
static const void *next(unsigned int core, enum shm_tap_type want, size_t size)
{
	enum shm_tap_type type;
	uint32_t len;
	int error;
	const void *data = shm_tap_next(&reader->ring[core], &type, &len, &error);

	assert_int_equal(error, 0);
	if (!data)
		return NULL;
	assert_int_equal(type, want);
	assert_true(len >= size);
	return data;
}

static bool next_step(unsigned int core, struct shm_tap_step *ret)
{
	const void *data = next(core, SHM_TAP_STEP, sizeof(*ret));

	if (!data)
		return false;
	memcpy(ret, data, sizeof(*ret));
	shm_tap_release(&reader->ring[core]);
	return true;
}

static bool next_packet(unsigned int core, struct shm_tap_packet *ret, struct frame *ret_frame)
{
	const uint8_t *data = next(core, SHM_TAP_PACKET, sizeof(*ret));

	if (!data)
		return false;
	memcpy(ret, data, sizeof(*ret));
	assert_true(ret->caplen <= sizeof(ret_frame->b) && ret->caplen <= ret->len);
	memcpy(ret_frame->b, data + sizeof(*ret), ret->caplen);
	ret_frame->len = ret->caplen;
	shm_tap_release(&reader->ring[core]);
	return true;
}

static void ping(void)
{
	struct en_addr a = addr_of(HOST4), b = addr_of(ENGINE4);

	frame_icmp(&f, &a, &b, 8, 0, 1, "payload", 7, NULL);
	lab_run(0, &f);
	lab_expect(0, &p);
}

static void to_closed_port(void)
{
	struct en_ep a = ep_of(HOST4 ":4000"), b = ep_of(ENGINE4 ":9");

	frame_udp(&f, &a, &b, "x", 1, NULL);
	lab_run(0, &f);
}

static const char *node_name(const struct shm_tap_step *s)
{
	assert_true(s->node < lab.region->node_n);
	return lab.region->node[s->node].name;
}

static void steps_tell_the_way(void **state)
{
	struct shm_tap_step s;

	(void)state;
	lab_open(NULL);
	ping(); /* neighbours known */
	tap_on(&(struct shm_ctl_request){.kind = SHM_TAP_TRACE, .count = 1, .filter.proto = 1});
	to_closed_port(); /* not ICMP */
	ASSERT_DROP(DROP_NO_PORT, 1);
	ping();
	ping(); /* one too many */
	assert_true(next_step(0, &s));
	assert_string_equal(node_name(&s), "classify");
	assert_string_equal(lab.region->node[lab.region->node[s.node].edge[s.edge]].name, "icmp");
	assert_true(next_step(0, &s));
	assert_string_equal(node_name(&s), "icmp");
	assert_true(s.text_len > 0);
	assert_true(next_step(0, &s));
	assert_string_equal(node_name(&s), "ip_out");
	assert_false(next_step(0, &s));
	assert_int_equal(atomic_load(&reader->done), 0);
	dp_tapper_work(&tapper);
	assert_int_equal(atomic_load(&reader->done), 1);
	tap_off();
}

static void drops_are_counted_when_dropped(void **state)
{
	struct shm_tap_step s;

	(void)state;
	lab_open(NULL);
	tap_on(&(struct shm_ctl_request){.kind = SHM_TAP_TRACE, .count = 1, .filter.drops_only = 1});
	ping();
	to_closed_port();
	to_closed_port();
	ASSERT_DROP(DROP_NO_PORT, 2);
	assert_true(next_step(0, &s));
	assert_string_equal(node_name(&s), "classify");
	assert_int_equal(s.edge, 255);
	assert_int_equal(s.drop, DROP_NO_PORT);
	assert_false(next_step(0, &s));
	tap_off();
}

static void packets_in_and_out(void **state)
{
	struct shm_tap_packet head;
	struct frame got;

	(void)state;
	lab_open(NULL);
	ping();
	tap_on(&(struct shm_ctl_request){.kind = SHM_TAP_PACKETS, .snaplen = 40, .filter.proto = 1});
	ping();
	assert_true(next_packet(0, &head, &got));
	assert_int_equal(head.direction, 0);
	assert_int_equal(head.port, 0);
	assert_int_equal(head.len, f.len);
	assert_int_equal(head.caplen, 40);
	assert_memory_equal(got.b, f.b, 40);
	assert_true(next_packet(0, &head, &got));
	assert_int_equal(head.direction, 1);
	assert_int_equal(head.len, p.f.len);
	assert_memory_equal(got.b, p.f.b, 40);
	assert_false(next_packet(0, &head, &got));
	tap_off();
}

static void dropped_packets_with_reason(void **state)
{
	struct shm_tap_packet head;
	struct frame got;

	(void)state;
	lab_open(NULL);
	tap_on(&(struct shm_ctl_request){.kind = SHM_TAP_PACKETS, .filter = {.drop_set = 1, .drop = DROP_ETH_TYPE}});
	ping();
	to_closed_port(); /* another reason */
	en_store16(f.b + 12, 0x88cc);
	lab_run(0, &f);
	lab_forget_drops();
	assert_true(next_packet(0, &head, &got));
	assert_int_equal(head.direction, 2);
	assert_int_equal(head.drop, DROP_ETH_TYPE);
	assert_int_equal(got.len, f.len);
	assert_memory_equal(got.b, f.b, f.len);
	assert_false(next_packet(0, &head, &got));
	tap_off();
}

static void one_tap_at_a_time(void **state)
{
	struct shm_ctl_request req = {.kind = SHM_TAP_PACKETS};
	struct en_err err;
	uint64_t size;

	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	tap_on(&req);
	assert_int_equal(atomic_load(&tapper.tap->users), 2);
	assert_int_equal(dp_tapper_begin(&tapper, &req, &size, &err), -EBUSY);
	/* the memory stays until each core has let go */
	dp_tapper_end(&tapper);
	dp_tapper_work(&tapper);
	assert_non_null(tapper.tap);
	lab_step(1);
	dp_tapper_work(&tapper);
	assert_null(tapper.tap);
	shm_tap_unmap(reader, reader_size);
	tap_on(&req);
	tap_off();
	assert_int_equal(dp_tapper_begin(&tapper, &(struct shm_ctl_request){0}, &size, &err), -EINVAL);
}

/* A reader that does not read costs records, not packets. */
static void full_ring_loses_records(void **state)
{
	(void)state;
	lab_open(NULL);
	tap_on(&(struct shm_ctl_request){.kind = SHM_TAP_TRACE | SHM_TAP_PACKETS});
	for (unsigned int i = 0; i < 8000; i++)
		to_closed_port();
	ASSERT_DROP(DROP_NO_PORT, 8000);
	assert_true(reader->ring[0].lost > 0);
	tap_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(steps_tell_the_way), lab_test(drops_are_counted_when_dropped),
		lab_test(packets_in_and_out), lab_test(dropped_packets_with_reason),
		lab_test(one_tap_at_a_time),  lab_test(full_ring_loses_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
