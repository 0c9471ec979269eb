/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdp.c - attach libxdp's socket program through a BPF link.
 *
 * Runs on:   start.
 *
 * The AF_XDP driver attaches this program by itself if there is none, but in a
 * way that outlives the process (and, after privileges are dropped, cannot be
 * undone by it): the interface of a killed engine stays deaf. A link
 * goes with its descriptor. libxdp recognises the program by name and BTF
 * and puts the driver's socket into its map.
 *
 * Under another object name libxdp finds no use count in the program. It must not:
 * counting needs a mounted bpffs, and the link has the say about its end.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <xdp/libxdp.h>

#include "dataplane/xdp.h"

#define PROGRAM_FILE "xsk_def_xdp_prog.o"
#define OBJECT_NAME  "turnpike"

static int on_libbpf_log(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char text[256];

	(void)level;
	vsnprintf(text, sizeof(text), fmt, ap);
	en_debug("xdp", "%.*s", (int)strcspn(text, "\n"), text);
	return 0;
}

static int on_libxdp_log(enum libxdp_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	return on_libbpf_log(LIBBPF_DEBUG, fmt, ap);
}

static int explain_link(const char *port, const char *iface, int code, struct en_err *err)
{
	if (code == EBUSY || code == EEXIST)
		return en_fail(err, -1,
			       "port %s: interface '%s' has an XDP program of another user: stop that, or remove what "
			       "it left with `ip link set dev %s xdp off`",
			       port, iface, iface);
	if (code == EPERM)
		return en_fail(err, -1, "port %s: may not attach an XDP program to '%s': run as root", port, iface);
	return en_fail(err, -1,
		       "port %s: cannot attach an XDP program to '%s': %s; packet:%s works without XDP, more slowly",
		       port, iface, strerror(code), iface);
}

static int link_program(struct bpf_object *obj, const char *iface, bool generic)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = generic ? XDP_FLAGS_SKB_MODE : 0);
	const struct bpf_program *prog = bpf_object__next_program(obj, NULL);
	int fd;

	if (!prog)
		return -ENOENT;
	fd = bpf_link_create(bpf_program__fd(prog), (int)if_nametoindex(iface), BPF_XDP, &opts);
	return fd < 0 ? -errno : fd;
}

int dp_xdp_attach(const char *port, const char *iface, bool generic, int *ret_link, struct en_err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = OBJECT_NAME);
	struct xdp_program *prog;
	struct bpf_object *obj;
	int rc;

	libbpf_set_print(on_libbpf_log);
	libxdp_set_print(on_libxdp_log);
	prog = xdp_program__find_file(PROGRAM_FILE, NULL, &opts);
	rc = (int)libxdp_get_error(prog);
	if (rc != 0)
		return en_fail(err, -1, "port %s: cannot read libxdp's program " PROGRAM_FILE ": %s", port,
			       strerror(-rc));
	obj = xdp_program__bpf_obj(prog);
	rc = bpf_object__load(obj);
	if (rc == 0)
		rc = link_program(obj, iface, generic);
	xdp_program__close(prog);
	if (rc < 0)
		return explain_link(port, iface, -rc, err);
	*ret_link = rc;
	return 0;
}
