/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * region_test.c - the shared pages: what the maker writes is read, nobody else
 * can write, and a hostile file is refused.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/shm/region.h"

static struct en_err err;

static void written_is_read(void **state)
{
	const struct shm_region *seen;
	struct shm_region *r;
	int fd = shm_region_create(&r, &err);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(r->pid, getpid());
	assert_int_not_equal(r->start_wall_s, 0);
	r->core_n = 2;
	r->node_n = 2;
	r->node[0].edge_n = 1;
	r->node[0].edge[0] = 1;
	seen = shm_region_open(fd, &err);
	assert_non_null(seen);
	shm_add(&r->core[0].counter[CTR_RX], 7);
	shm_add(&r->core[1].counter[CTR_RX], 3);
	shm_add(&r->core[1].counter[CTR_ORIGINATED], 1);
	shm_store(&r->core[0].counter[CTR_TX], 4);
	shm_store(&r->core[1].counter[CTR_CONSUMED], 1);
	shm_store(&r->core[0].drop[DROP_NO_ROUTE], 2);
	shm_store(&r->core[1].gauge[GAUGE_HELD], 3);
	assert_int_equal(shm_counter_sum(seen, CTR_RX), 10);
	assert_int_equal(shm_drop_sum(seen, DROP_NO_ROUTE), 2);
	assert_int_equal(shm_gauge_sum(seen, GAUGE_HELD), 3);
	assert_int_equal(shm_balance(seen), 1);
	shm_add(&r->core[0].drop[DROP_PORT_DOWN], 2);
	assert_int_equal(shm_balance(seen), -1);
	/* a core beyond the table does not exist, whatever the page says */
	r->core_n = UINT32_MAX;
	assert_int_equal(shm_counter_sum(seen, CTR_RX), 10);
	shm_region_close(seen);
	munmap(r, sizeof(*r));
	close(fd);
}

/* However the receiver of the descriptor turns it. */
static void nobody_else_can_write(void **state)
{
	struct shm_region *r;
	int fd = shm_region_create(&r, &err), again;
	char path[64];

	(void)state;
	assert_true(fd >= 0);
	assert_ptr_equal(mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0) {
		assert_ptr_equal(mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED);
		close(again);
	}
	r->core_n = 1; /* the maker still can */
	assert_int_equal(r->core_n, 1);
	munmap(r, sizeof(*r));
	close(fd);
}

/* A sealed memfd with these bytes. */
static int file_of(const void *data, size_t len, int seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, 0), (ssize_t)len);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void refused(const struct shm_region *r, size_t len, int seals, const char *expected)
{
	int fd = file_of(r, len, seals);

	err.text[0] = '\0';
	assert_null(shm_region_open(fd, &err));
	if (!strstr(err.text, expected))
		fail_msg("expected: %s; got: %s", expected, err.text);
	close(fd);
}

#define SEALED (F_SEAL_SHRINK | F_SEAL_GROW)

static struct shm_region *good_copy(void)
{
	struct shm_region *copy = malloc(sizeof(*copy)), *r;
	int fd = shm_region_create(&r, &err);

	assert_true(fd >= 0);
	assert_non_null(copy);
	r->core_n = r->port_n = r->node_n = 1;
	r->port[0].addr_n = 1;
	r->port[0].addr[0].addr.family = EN_AF_INET;
	memcpy(copy, r, sizeof(*copy));
	munmap(r, sizeof(*r));
	close(fd);
	return copy;
}

static void hostile_files_are_refused(void **state)
{
	struct shm_region *r = good_copy();
	const struct shm_region *seen;
	int fd = file_of(r, sizeof(*r), SEALED);

	(void)state;
	seen = shm_region_open(fd, &err); /* the base of all that follows is good */
	assert_non_null(seen);
	shm_region_close(seen);
	close(fd);

	refused(r, sizeof(*r), F_SEAL_GROW, "not sealed");
	refused(r, sizeof(*r) - 1, SEALED, "bytes");
	refused(r, 0, SEALED, "bytes");
#define REFUSED(field, value, expected)                                                                                \
	do {                                                                                                           \
		__typeof__(field) before = field;                                                                      \
		field = value;                                                                                         \
		refused(r, sizeof(*r), SEALED, expected);                                                              \
		field = before;                                                                                        \
	} while (0)
	REFUSED(r->magic, 1, "magic");
	REFUSED(r->version, SHM_VERSION + 1, "version");
	REFUSED(r->size_core, 8, "another build");
	REFUSED(r->size_port, 8, "another build");
	REFUSED(r->drop_n, DROP_N + 1, "another build");
	REFUSED(r->counter_n, 0, "another build");
	REFUSED(r->gauge_n, 0, "another build");
	REFUSED(r->size, 0, "another build");
	REFUSED(r->core_n, SHM_CORES_MAX + 1, "more than there can be");
	REFUSED(r->port_n, SHM_PORTS_MAX + 1, "more than there can be");
	REFUSED(r->node_n, UINT32_MAX, "more than there can be");
	REFUSED(r->port[0].addr_n, SHM_ADDRS_MAX + 1, "port 0");
	REFUSED(r->port[0].addr[0].addr.family, 5, "port 0");
	REFUSED(r->node[0].edge_n, SHM_EDGES_MAX + 1, "graph node 0");
	r->node[0].edge_n = 1;
	REFUSED(r->node[0].edge[0], 1, "edge to nowhere");
	memset(r->node[0].name, 'x', sizeof(r->node[0].name));
	refused(r, sizeof(*r), SEALED, "graph node 0");
	r->node[0].name[0] = '\0';
	memset(r->port[0].device, 'x', sizeof(r->port[0].device));
	refused(r, sizeof(*r), SEALED, "port 0");
	r->port[0].device[0] = '\0';
	memset(r->config, 'x', sizeof(r->config));
	refused(r, sizeof(*r), SEALED, "no end");
	free(r);
}

static void descriptors_that_are_no_memory(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_null(shm_region_open(fd, &err));
	assert_null(shm_region_open(-1, &err));
	close(fd);
}

static void names_follow_their_enums(void **state)
{
	(void)state;
	assert_string_equal(shm_drop_names[DROP_RELAY_NO_PERM].id, "DROP_RELAY_NO_PERM");
	assert_string_equal(shm_drop_names[DROP_RELAY_NO_PERM].name, "relay_no_perm");
	assert_string_equal(shm_drop_names[DROP_RELAY_NO_PERM].group, "relay");
	assert_string_equal(shm_drop_names[DROP_IP4_CSUM].name, "ip4_csum");
	assert_string_equal(shm_counter_names[CTR_RX].name, "packets.received");
	assert_string_equal(shm_counter_names[CTR_RX].group, "packets");
	assert_string_equal(shm_gauge_names[GAUGE_HELD].name, "held");
	for (unsigned int d = 0; d < DROP_N; d++) {
		assert_non_null(shm_drop_names[d].id);
		for (unsigned int e = 0; e < d; e++)
			assert_string_not_equal(shm_drop_names[d].name, shm_drop_names[e].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_is_read),           cmocka_unit_test(nobody_else_can_write),
		cmocka_unit_test(hostile_files_are_refused), cmocka_unit_test(descriptors_that_are_no_memory),
		cmocka_unit_test(names_follow_their_enums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
