/* SPDX-License-Identifier: BSD-3-Clause */
/* device_test.c - `device` words to DPDK's. Needs no DPDK running. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/device.h"

static struct conf_port port_with(const char *device)
{
	struct conf_port c = {.name = "wan", .mtu = 1500, .descriptors = 1024};

	snprintf(c.device, sizeof(c.device), "%s", device);
	return c;
}

static const struct {
	const char *words;
	enum dp_device_kind kind;
	const char *name, *args, *iface;
} good[] = {
	{"tap:tp0", DP_DEVICE_TAP, "net_tap3", "net_tap3,iface=tp0", "tp0"},
	{"tap:tp0,remote=eth1", DP_DEVICE_TAP, "net_tap3", "net_tap3,iface=tp0,remote=eth1", "tp0"},
	{"tap:abcdefghijklmno", DP_DEVICE_TAP, "net_tap3", "net_tap3,iface=abcdefghijklmno", "abcdefghijklmno"},
	{"xdp:eth0", DP_DEVICE_XDP, "net_af_xdp3", "net_af_xdp3,iface=eth0", "eth0"},
	{"xdp:eth0,start_queue=2", DP_DEVICE_XDP, "net_af_xdp3", "net_af_xdp3,iface=eth0,start_queue=2", "eth0"},
	{"xdp:eth0,mode=native", DP_DEVICE_XDP, "net_af_xdp3", "net_af_xdp3,iface=eth0", "eth0"},
	{"packet:eth0", DP_DEVICE_PACKET, "net_af_packet3",
	 "net_af_packet3,iface=eth0,qpairs=2,qdisc_bypass=1,framesz=2048,blocksz=4096,framecnt=1024", "eth0"},
	{"packet:eth0,qdisc_bypass=0,framecnt=64", DP_DEVICE_PACKET, "net_af_packet3",
	 "net_af_packet3,iface=eth0,qpairs=2,framesz=2048,blocksz=4096,qdisc_bypass=0,framecnt=64", "eth0"},
	{"memif:/run/m.sock", DP_DEVICE_MEMIF, "net_memif3",
	 "net_memif3,socket=/run/m.sock,role=server,socket-abstract=no", ""},
	{"memif:/run/m.sock,role=client", DP_DEVICE_MEMIF, "net_memif3",
	 "net_memif3,socket=/run/m.sock,socket-abstract=no,role=client", ""},
	{"0000:03:00.0", DP_DEVICE_PCI, "0000:03:00.0", "0000:03:00.0", ""},
	{"03:00.0,mprq_en=1", DP_DEVICE_PCI, "03:00.0", "03:00.0,mprq_en=1", ""},
	{"net_null0,size=64", DP_DEVICE_RAW, "net_null0", "net_null0,size=64", ""},
};

static void forms(void **state)
{
	struct en_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct conf_port c = port_with(good[i].words);
		struct dp_device d;

		assert_int_equal(dp_device_parse(&c, 3, 2, &d, &err), 0);
		assert_int_equal(d.kind, good[i].kind);
		assert_string_equal(d.name, good[i].name);
		assert_string_equal(d.args, good[i].args);
		assert_string_equal(d.iface, good[i].iface);
		assert_false(d.generic);
	}
}

static void refusals(void **state)
{
	static const char *const bad[] = {"tap:",
					  "tap:abcdefghijklmnop",
					  "tap:a/b",
					  "xdp:..",
					  "xdp:,start_queue=1",
					  "packet:a b",
					  "memif:",
					  "xdp:eth0,mode=fast",
					  "xdp:eth0,mode=",
					  "",
					  ",iface=x"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf_port c = port_with(bad[i]);
		struct dp_device d = {.kind = DP_DEVICE_PCI};
		struct en_err err = {0};

		assert_int_not_equal(dp_device_parse(&c, 0, 1, &d, &err), 0);
		assert_non_null(strstr(err.text, "port wan"));
		assert_int_equal(d.kind, DP_DEVICE_PCI); /* untouched */
	}
}

static void generic_mode_is_not_the_drivers(void **state)
{
	struct conf_port c = port_with("xdp:eth0,mode=generic,busy_budget=0");
	struct dp_device d;
	struct en_err err;

	(void)state;
	assert_int_equal(dp_device_parse(&c, 0, 1, &d, &err), 0);
	assert_true(d.generic);
	assert_string_equal(d.args, "net_af_xdp0,iface=eth0,busy_budget=0");
}

static void large_packets_get_large_frames(void **state)
{
	struct conf_port c = port_with("packet:eth0");
	struct dp_device d;
	struct en_err err;

	(void)state;
	c.mtu = 2000;
	assert_int_equal(dp_device_parse(&c, 0, 1, &d, &err), 0);
	assert_non_null(strstr(d.args, ",framesz=4096"));
}

static void pci_addresses(void **state)
{
	static const char *const no[] = {
		"", "3:00.0", "0000:03:00", "000:03:00.0", "0000:03:00.0x", "0000-03:00.0", "net_null0"};

	(void)state;
	assert_true(dp_device_is_pci("0000:af:1f.7", 12));
	assert_true(dp_device_is_pci("af:1f.7", 7));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(dp_device_is_pci(no[i], strlen(no[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(refusals),
		cmocka_unit_test(generic_mode_is_not_the_drivers),
		cmocka_unit_test(large_packets_get_large_frames),
		cmocka_unit_test(pci_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
