/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf_test.c - a good configuration is understood, a wrong one is explained.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/conf/conf.h"

/* design: the example that documentation and tests rely on */
static const char example[] = "[engine]\n"
			      "runtime-dir = /run/turnpike          ; sockets and state\n"
			      "\n"
			      "[dataplane]\n"
			      "cores  = 1,2                         ; one worker on each\n"
			      "memory = 512                         ; MiB; hugepages when there are any\n"
			      "idle   = adaptive                    ; adaptive: back off; poll: never sleep\n"
			      "eal    =                             ; extra EAL arguments\n"
			      "\n"
			      "[port wan]\n"
			      "device  = tap:turnpike0              ; tap:NAME \xc2\xb7 xdp:IFACE\n"
			      "address = 198.18.0.2/24              ; repeat; IPv4 and IPv6\n"
			      "gateway = 198.18.0.1                 ; repeat, one per family\n"
			      "\n"
			      "[turn]\n"
			      "listen     = 198.18.0.2:3478         ; repeat; [v6]:port too\n"
			      "relay      = 198.18.0.2 49152-65535  ; repeat; address and port range\n"
			      "external   = 203.0.113.7/198.18.0.2  ; repeat; public/private for 1:1 NAT\n"
			      "realm      = example.org\n"
			      "user       = alice:wonder:land       ; repeat\n"
			      "secret     = s3cret                  ; repeat\n"
			      "allow-peer = 198.18.0.0/15           ; repeat\n"
			      "deny-peer  = 192.0.2.0/24            ; repeat\n"
			      "\n"
			      "[media]\n"
			      "listen  = 198.18.0.2:3480\n"
			      "\n"
			      "[control]\n"
			      "http    = 127.0.0.1:8080\n"
			      "user    = turnpike\n";

static struct conf conf;

/* Load; the messages in *ret_msgs (free them). */
static int load(const char *text, char **ret_msgs)
{
	size_t len;
	FILE *msgs = open_memstream(ret_msgs, &len);
	int code;

	assert_non_null(msgs);
	memset(&conf, 0, sizeof(conf));
	code = conf_load_string("t.conf", text, msgs, &conf);
	fclose(msgs);
	return code;
}

static void load_good(const char *text)
{
	char *msgs;
	int code = load(text, &msgs);

	assert_string_equal(msgs, "");
	assert_int_equal(code, 0);
	free(msgs);
}

static void example_is_understood(void **state)
{
	char text[EN_ADDRSTR_MAX];

	(void)state;
	load_good(example);
	assert_string_equal(conf.runtime_dir, "/run/turnpike");
	assert_string_equal(conf.user, "nobody");
	assert_int_equal(conf.dataplane.core_n, 2);
	assert_int_equal(conf.dataplane.core[0], 1);
	assert_int_equal(conf.dataplane.core[1], 2);
	assert_int_equal(conf.dataplane.memory, 512);
	assert_int_equal(conf.dataplane.idle, CONF_IDLE_ADAPTIVE);
	assert_string_equal(conf.dataplane.eal, "");
	assert_int_equal(conf.port_n, 1);
	assert_string_equal(conf.port[0].name, "wan");
	assert_string_equal(conf.port[0].device, "tap:turnpike0");
	assert_int_equal(conf.port[0].line, 10);
	assert_string_equal(en_prefix_str(&conf.port[0].address[0], text), "198.18.0.2/24");
	assert_string_equal(en_addr_str(&conf.port[0].gateway[0], text), "198.18.0.1");
	assert_int_equal(conf.port[0].gateway[1].family, EN_AF_NONE);
	assert_string_equal(en_ep_str(&conf.turn.listen[0], text), "198.18.0.2:3478");
	assert_int_equal(conf.turn.relay[0].port_min, 49152);
	assert_int_equal(conf.turn.relay[0].port_max, 65535);
	assert_string_equal(en_addr_str(&conf.turn.external[0].external, text), "203.0.113.7");
	assert_string_equal(en_addr_str(&conf.turn.external[0].internal, text), "198.18.0.2");
	assert_string_equal(conf.turn.realm, "example.org");
	assert_string_equal(conf.turn.user[0].name, "alice");
	assert_string_equal(conf.turn.user[0].password, "wonder:land");
	assert_string_equal(conf.turn.secret[0], "s3cret");
	assert_string_equal(en_prefix_str(&conf.turn.allow_peer[0], text), "198.18.0.0/15");
	assert_string_equal(en_prefix_str(&conf.turn.deny_peer[0], text), "192.0.2.0/24");
	assert_string_equal(en_ep_str(&conf.media.listen[0], text), "198.18.0.2:3480");
	assert_string_equal(conf.control.http, "127.0.0.1:8080");
	assert_string_equal(conf.control.user, "turnpike");
	conf_free(&conf);
}

static void defaults_hold(void **state)
{
	const struct conf_turn *turn = &conf.turn;

	(void)state;
	load_good("[port a]\ndevice = tap:t0\naddress = 10.0.0.1/24\n");
	assert_int_equal(conf.dataplane.core_n, 1);
	assert_int_equal(conf.dataplane.core[0], 1);
	assert_int_equal(conf.port[0].mtu, 1500);
	assert_int_equal(conf.port[0].descriptors, 1024);
	assert_int_equal(conf.port[0].buffers, 8192);
	assert_int_equal(turn->max_allocations, 65536);
	assert_int_equal(turn->max_permissions, 4 * 65536);
	assert_int_equal(turn->max_channels, 4 * 65536);
	assert_int_equal(turn->default_lifetime, 600);
	assert_int_equal(turn->max_lifetime, 3600);
	assert_int_equal(turn->min_lifetime, 600);
	assert_int_equal(turn->permission_lifetime, 300);
	assert_int_equal(turn->channel_lifetime, 600);
	assert_int_equal(turn->nonce_lifetime, 600);
	assert_int_equal(turn->port_quarantine, 120);
	assert_int_equal(turn->reservation_lifetime, 30);
	assert_int_equal(turn->unauthenticated_rate, 100);
	assert_true(turn->sha256 && turn->md5 && turn->same_subject && turn->icmp);
	assert_false(turn->channel_compat || turn->nonce_cookie_left);
	assert_string_equal(turn->software, "");
	conf_free(&conf);
}

#define PORT  "[port a]\ndevice = tap:t0\naddress = 10.0.0.1/24\n" /* lines 1 to 3 */
#define CALLS PORT "[media]\nlisten = 10.0.0.1:3480\n[control]\nhttp = 127.0.0.1:8080\n[gateway]\n" /* to 8 */
#define TURN                                                                                                           \
	PORT "[turn]\nlisten = 10.0.0.1:3478\nrelay = 10.0.0.1 49152-65535\nrealm = r\nuser = a:b\n" /* lines 4 to 8   \
												      */

static void other_forms_are_understood(void **state)
{
	(void)state;
	load_good("\xef\xbb\xbf# a comment\r\n[dataplane]\r\ncores = 1-3, 7\r\nidle = poll\r\n" PORT
		  "address = 2001:db8::1/64\nroute = 10.9.0.0/16 via 10.0.0.9\ngateway = fe80::1\n"
		  "mac = 02:00:5E:00:00:01\nvlan = 7\n"
		  "[port b]\ndevice = 0000:03:00.0,arg=1\naddress = 10.1.0.1/24\n"
		  "[port c]\ndevice = memif:/run/m.sock,role=client\naddress = 10.2.0.1/24\n"
		  "[port d]\ndevice = net_pcap0,iface=lo\naddress = 10.3.0.1/24\n"
		  "[port e]\ndevice = xdp:eth0,mode=generic\naddress = 10.4.0.1/24\n"
		  "[turn]\nlisten = [2001:db8::1]:3478\nrelay = 2001:db8::1 50000-60000\nrealm = r\nsecret = s;t\n"
		  "channel-range = rfc5766\nnonce-cookie-bits = left\nsha256 = no\n");
	assert_int_equal(conf.dataplane.core_n, 4);
	assert_int_equal(conf.dataplane.core[3], 7);
	assert_int_equal(conf.port[3].descriptors, 1024);
	assert_int_equal(conf.port[4].descriptors, 2048);
	assert_int_equal(conf.dataplane.idle, CONF_IDLE_POLL);
	assert_int_equal(conf.port_n, 5);
	assert_int_equal(conf.port[0].vlan, 7);
	assert_int_equal(conf.port[0].mac[2], 0x5e);
	assert_int_equal(conf.port[0].route_n, 1);
	assert_int_equal(conf.port[0].gateway[1].family, EN_AF_INET6);
	assert_string_equal(conf.port[1].device, "0000:03:00.0,arg=1");
	assert_string_equal(conf.turn.secret[0], "s;t");
	assert_true(conf.turn.channel_compat);
	assert_true(conf.turn.nonce_cookie_left);
	assert_false(conf.turn.sha256);
	conf_free(&conf);
}

static const struct {
	const char *text, *expected;
} wrong[] = {
	{"x = 1\n" PORT, "t.conf:1: 'x' stands before the first section: put [engine], [port NAME], … above it\n"},
	{PORT "[trun]\nlisten = 3\n", "t.conf:4: unknown section [trun]; did you mean [turn]?\n"},
	{PORT "[potr x]\n", "t.conf:4: unknown section [potr x]; did you mean [port NAME]?\n"},
	{PORT "[zzzzzzzz]\n", "t.conf:4: unknown section [zzzzzzzz]: there are [engine], [dataplane], [port NAME], "
			      "[turn], [media] and [control]\n"},
	{PORT "[engine\n", "t.conf:4: this section line has no name between [ and ]: write [turn] or [port wan]\n"},
	{PORT "[engine x]\n", "t.conf:4: [engine] takes no name: write [engine]\n"},
	{PORT "[port]\n", "t.conf:4: a port needs a name of at most 31 letters, digits, '-', '_' and '.': write [port "
			  "wan]\n"},
	{PORT "[port a]\n", "t.conf:4: port 'a' stands in line 1 already: give this one another name, or put its keys "
			    "there\n"},
	{TURN "lisen = 10.0.0.1:3479\n", "t.conf:9: unknown key 'lisen' in [turn]; did you mean 'listen'?\n"},
	{TURN "memory = 3\n", "t.conf:9: unknown key 'memory' in [turn]; it belongs in [dataplane]\n"},
	{TURN "qqqqqqqq = 3\n",
	 "t.conf:9: unknown key 'qqqqqqqq' in [turn]; remove the line, or see docs/config.md for "
	 "the keys there are\n"},
	{TURN "realm\n", "t.conf:9: 'realm' is neither [section] nor key = value nor a comment (;)\n"},
	{TURN "realm = s\n", "t.conf:9: 'realm' stands in line 7 already: keep one of them\n"},
	{TURN "max-lifetime =\n",
	 "t.conf:9: 'max-lifetime' has no value: write max-lifetime = N, or remove the line\n"},
	{TURN "max-lifetime = soon\n", "t.conf:9: max-lifetime = soon: write a number from 1 to 86400 s\n"},
	{TURN "max-lifetime = -1\n", "t.conf:9: max-lifetime = -1: write a number from 1 to 86400 s\n"},
	{TURN "nonce-lifetime = 3601\n", "t.conf:9: nonce-lifetime = 3601: write a number from 1 to 3600 s\n"},
	{TURN "max-allocations = 18446744073709551617\n",
	 "t.conf:9: max-allocations = 18446744073709551617: write a number from 1 to 16777216\n"},
	{TURN "software =;x\n",
	 "t.conf:9: 'software' has a value that begins with ';': put a blank before a comment\n"},
	{TURN "md5 = maybe\n", "t.conf:9: md5 = maybe: write on or off\n"},
	{TURN "md5 = off\nsha256 = off\n",
	 "t.conf:9: md5 = off and sha256 = off leave no way to authenticate: switch one on\n"},
	{TURN "channel-range = rfc5767\n",
	 "t.conf:9: channel-range = rfc5767: it is one of rfc8656|rfc5766; did you mean 'rfc5766'?\n"},
	{TURN "listen = 10.0.0.2:3478\n", "t.conf:9: listen: 10.0.0.2 is not an address of any port: add it to a [port "
					  "NAME], or use one that is there\n"},
	{TURN "listen = 10.0.0.1\n",
	 "t.conf:9: listen = 10.0.0.1: write ADDRESS:PORT, for example 198.18.0.2:3478 or [2001:db8::2]:3478\n"},
	{TURN "listen = 10.0.0.1:0\n",
	 "t.conf:9: listen = 10.0.0.1:0: write ADDRESS:PORT, for example 198.18.0.2:3478 or [2001:db8::2]:3478\n"},
	{TURN "listen = 10.0.0.1:50000\n", "t.conf:9: listen: 10.0.0.1:50000 lies in the relayed ports 49152-65535 of "
					   "line 6: move one of them\n"},
	{TURN "listen = 10.0.0.1:3478\n", "t.conf:9: listen: 10.0.0.1:3478 stands there twice: remove one of them\n"},
	{TURN "[media]\nlisten = 10.0.0.1:3478\n",
	 "t.conf:10: listen: 10.0.0.1:3478 stands there twice: remove one of them\n"},
	{TURN "[media]\nlisten = 10.0.0.2:3480\n", "t.conf:10: listen: 10.0.0.2 is not an address of any port: add it "
						   "to a [port NAME], or use one that is there\n"},
	{TURN "[media]\nlisten = 10.0.0.1:3480\nexternal = 192.0.2.1/10.0.0.2\n",
	 "t.conf:11: external: 10.0.0.2 is not an address of any port: add it to a [port NAME], or use one that is "
	 "there\n"},
	{TURN "external = 192.0.2.9/10.0.0.1\n[media]\nexternal = 192.0.2.1/10.0.0.1\n"
	      "external = 192.0.2.2/10.0.0.1\n",
	 "t.conf:12: external: an address of 10.0.0.1 stands in line 11 already: one pair an address\n"},
	{TURN "relay = 10.0.0.1 5000-4000\n",
	 "t.conf:9: relay = 10.0.0.1 5000-4000: the range runs backwards: write 4000-5000\n"},
	{TURN "relay = 10.0.0.1 1000-4000\n", "t.conf:9: relay = 10.0.0.1 1000-4000: relayed ports begin at 1024\n"},
	{TURN "relay = 10.0.0.1 60000-65535\n",
	 "t.conf:9: relay: the ports 60000-65535 overlap those of line 6: give each address one range\n"},
	{TURN "external = 1.2.3.4\n",
	 "t.conf:9: external = 1.2.3.4: write PUBLIC/PRIVATE, for example 203.0.113.7/198.18.0.2\n"},
	{TURN "external = 1.2.3.4/2001:db8::1\n",
	 "t.conf:9: external = 1.2.3.4/2001:db8::1: public and private address "
	 "are of different families\n"},
	{TURN "external = 1.2.3.4/10.0.0.7\n",
	 "t.conf:9: external: 10.0.0.7 is not an address of any port: add it to a "
	 "[port NAME], or use one that is there\n"},
	{TURN "user = a:c\n", "t.conf:9: user 'a' stands in line 8 already: keep one of them\n"},
	{TURN "user = hidden-word\n", "t.conf:9: user: write NAME:PASSWORD\n"},
	{TURN "user = :x\n", "t.conf:9: user: write NAME:PASSWORD\n"},
	{TURN "user = x:a\tb\n",
	 "t.conf:9: user: the password has characters that RFC 8265 OpaqueString does not allow, "
	 "or is too long\n"},
	{TURN "deny-peer = everybody\n",
	 "t.conf:9: deny-peer = everybody: write ADDRESS or ADDRESS/LENGTH, for example 192.0.2.0/24\n"},
	{TURN "max-lifetime = 500\n", "t.conf:4: min-lifetime = 600 is above max-lifetime = 500: lower it\n"},
	{TURN "min-lifetime = 700\n", "t.conf:4: default-lifetime = 600 is not between min-lifetime = 700 and "
				      "max-lifetime = 3600: change one of them\n"},
	{TURN "max-allocations = 1000000\n", "t.conf:1: this configuration needs "},
	{PORT "[turn]\nrealm = r\nuser = a:b\nrelay = 10.0.0.1 5000-6000\n",
	 "t.conf:4: [turn] listens nowhere: add listen = ADDRESS:3478 with an address of a port\n"},
	{PORT "[turn]\nrealm = r\nuser = a:b\nlisten = 10.0.0.1:3478\n",
	 "t.conf:4: [turn] has no relayed addresses: add relay = ADDRESS 49152-65535 with an address of a port\n"},
	{PORT "[turn]\nlisten = 10.0.0.1:3478\nrelay = 10.0.0.1 5000-6000\nuser = a:b\n",
	 "t.conf:4: [turn] has no realm: add one, for example realm = example.org\n"},
	{PORT "[turn]\nlisten = 10.0.0.1:3478\nrelay = 10.0.0.1 5000-6000\nrealm = r\n",
	 "t.conf:4: [turn] lets nobody in: add user = NAME:PASSWORD, or secret = SECRET for the TURN REST API\n"},
	{"[engine]\n", "t.conf:1: there is no port: add a section [port wan] with device and address\n"},
	{"[port a]\naddress = 10.0.0.1/24\n",
	 "t.conf:1: [port a] has no device: add one, for example device = tap:turnpike0\n"},
	{"[port a]\ndevice = tap:t0\n",
	 "t.conf:1: [port a] has no address: add one, for example address = 198.18.0.2/24\n"},
	{"[port a]\ndevice = tpa:t0\naddress = 10.0.0.1/24\n",
	 "t.conf:2: device = tpa:t0: unknown kind of device 'tpa'; did you mean 'tap:t0'?\n"},
	{"[port a]\ndevice = tap:a-name-of-sixteen\naddress = 10.0.0.1/24\n",
	 "t.conf:2: device = tap:a-name-of-sixteen: an interface name has 1 to 15 characters: write tap:NAME\n"},
	{"[port a]\ndevice = memif:m.sock\naddress = 10.0.0.1/24\n",
	 "t.conf:2: device = memif:m.sock: write the whole path of the socket: memif:/run/NAME.sock\n"},
	{"[port a]\ndevice = eth0\naddress = 10.0.0.1/24\n",
	 "t.conf:2: device = eth0: it is none of tap:NAME, xdp:IFACE, packet:IFACE, memif:SOCKET, a PCI address such as "
	 "0000:03:00.0, or a DPDK device string such as net_pcap0,iface=lo\n"},
	{PORT "[port b]\ndevice = tap:t0\naddress = 10.1.0.1/24\n",
	 "t.conf:5: device = tap:t0: [port a] has it already: each port needs a device of its own\n"},
	{PORT "[port b]\ndevice = tap:t1\naddress = 10.0.0.1/16\n",
	 "t.conf:6: address = 10.0.0.1/16: [port a] has it already: remove one of them\n"},
	{PORT "address = 224.0.0.1/24\n",
	 "t.conf:4: address = 224.0.0.1/24: it is not the address of a host: use a unicast address\n"},
	{PORT "address = 10.0.0.5\n",
	 "t.conf:4: address = 10.0.0.5: write ADDRESS/LENGTH, for example 198.18.0.2/24 or 2001:db8::2/64\n"},
	{PORT "gateway = 10.0.1.9\n", "t.conf:4: gateway: the next hop 10.0.1.9 is on no network of [port a]: add an "
				      "address of its network, or correct it\n"},
	{PORT "gateway = 10.0.0.1\n", "t.conf:4: gateway: the next hop 10.0.0.1 is the engine's own address: name the "
				      "router's\n"},
	{PORT "gateway = 10.0.0.9\ngateway = 10.0.0.8\n",
	 "t.conf:5: gateway = 10.0.0.8: the port has an IPv4 gateway already: one of each family\n"},
	{PORT "[gateway]\nrtp = 10.0.0.1 30000-30001\n",
	 "t.conf:4: [gateway] needs [media]: add it with listen = ADDRESS:3480\n"
	 "t.conf:4: [gateway] needs the control process: add [control] with http = 127.0.0.1:8080\n"},
	{CALLS "ng = 127.0.0.1:22222\n",
	 "t.conf:8: [gateway] has no ports: add rtp = ADDRESS 30000-39999 with an address of a port\n"},
	{CALLS "rtp = 10.0.0.1\n", "t.conf:9: rtp = 10.0.0.1: write ADDRESS FIRST-LAST [NAME], for example "
				   "198.18.0.2 30000-39999 outside\n"},
	{CALLS "rtp = 10.0.0.1 30001-30100\n",
	 "t.conf:9: rtp = 10.0.0.1 30001-30100: RTP and RTCP take a pair of ports: "
	 "begin with an even one, end with an odd one\n"},
	{CALLS "rtp = 10.0.0.1 30000-30099 a b\n", "t.conf:9: rtp = 10.0.0.1 30000-30099 a b: a name has at most 31 "
						   "letters, digits, '-', '_' and '.'\n"},
	{CALLS "rtp = 10.0.0.1 1000-1999\n", "t.conf:9: rtp = 10.0.0.1 1000-1999: ports for RTP begin at 1024\n"},
	{CALLS "rtp = 10.0.0.2 30000-30099\n",
	 "t.conf:9: rtp: 10.0.0.2 is not an address of any port: add it to a [port NAME], or use one that is there\n"},
	{CALLS "rtp = 10.0.0.1 30000-30099 a\nrtp = 10.0.0.1 30098-30199 a\n",
	 "t.conf:10: rtp: these ports overlap those of line 9: give each its own\n"
	 "t.conf:10: rtp: the name a stands in line 9 already: choose another\n"},
	{CALLS "rtp = 10.0.0.1 3000-3999\n",
	 "t.conf:9: rtp: the port of line 5 lies in this range: move one of them\n"},
	{PORT "route = 10.9.0.0/16 10.0.0.9\n",
	 "t.conf:4: route = 10.9.0.0/16 10.0.0.9: write PREFIX via ADDRESS, for example 10.0.0.0/8 via 198.18.0.254\n"},
	{PORT "route = 10.9.0.0/16 via 11.0.0.9\n", "t.conf:4: route: the next hop 11.0.0.9 is on no network of [port "
						    "a]: add an address of its network, or correct it\n"},
	{PORT "mac = 01:00:00:00:00:01\n", "t.conf:4: mac = 01:00:00:00:00:01: it is not the address of one host (a "
					   "multicast address or all zero)\n"},
	{PORT "mac = 2:0:0:0:0:1\n",
	 "t.conf:4: mac = 2:0:0:0:0:1: write six hexadecimal bytes, for example 02:00:5e:10:00:01\n"},
	{PORT "mtu = 1000\naddress = 2001:db8::1/64\n",
	 "t.conf:4: mtu = 1000: IPv6 needs 1280 or more; [port a] has the address 2001:db8::1/64\n"},
	{PORT "buffers = 1024\n",
	 "t.conf:4: buffers = 1024 do not fill the rings of [port a]: set buffers = 2048 or lower descriptors\n"},
	{PORT "[dataplane]\ncores = 1,1\n", "t.conf:5: cores = 1,1: CPU 1 stands there twice\n"},
	{PORT "[dataplane]\ncores = 3-1\n", "t.conf:5: cores = 3-1: write CPU numbers such as 1,2 or 1-3\n"},
	{PORT "[dataplane]\ncores = 1,\n", "t.conf:5: cores = 1,: write CPU numbers such as 1,2 or 1-3\n"},
	{PORT "[dataplane]\ncores = 0-32\n", "t.conf:5: cores = 0-32: there is room for 32 of them only\n"},
	{PORT "[dataplane]\nhandoff-ring = 100\n", "t.conf:5: handoff-ring = 100: write a power of two such as 2048\n"},
	{PORT "[control]\nhttp = 127.0.0.1:80\nkey = /k.pem\n",
	 "t.conf:6: key stands alone: HTTPS needs certificate and key, plain HTTP neither\n"},
	{PORT "[engine]\nruntime-dir = run\n",
	 "t.conf:5: runtime-dir = run: write an absolute path such as /run/turnpike\n"},
	{PORT "[engine]\nuser = a b\n", "t.conf:5: user = a b: a name has letters, digits, '-', '_' and '.' only\n"},
	{PORT "[control]\nhttp = here\n",
	 "t.conf:5: http = here: write ADDRESS:PORT, for example 127.0.0.1:8080 or [::1]:8080\n"},
	{PORT "[turn]\nrealm = \xff\n", "t.conf:5: this line is not UTF-8: save the file in that encoding\n"},
	{PORT "[turn] x = 3\n",
	 "t.conf:4: behind the ] of a section there is room for a ; comment only: move the rest to a line of its own\n"},
};

static void wrong_files_are_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *msgs;

		if (load(wrong[i].text, &msgs) != -1)
			fail_msg("accepted, but expected: %s", wrong[i].expected);
		if (!strstr(msgs, wrong[i].expected))
			fail_msg("expected: %s     got: %s", wrong[i].expected, msgs);
		free(msgs);
	}
}

static void all_errors_are_said_by_line(void **state)
{
	char *msgs;

	(void)state;
	assert_int_equal(
		load("[turn]\nlisen = 1\n" PORT "gateway = 11.0.0.1\nmtu = x\n[dataplane]\nmemory = 1\n", &msgs), -1);
	assert_non_null(strstr(msgs, "t.conf:1: [turn] listens nowhere"));
	assert_true(strstr(msgs, "t.conf:2: ") < strstr(msgs, "t.conf:6: "));
	assert_true(strstr(msgs, "t.conf:6: ") < strstr(msgs, "t.conf:7: "));
	assert_non_null(strstr(msgs, "t.conf:9: "));
	free(msgs);
}

static void escapes_do_not_pass(void **state)
{
	char *msgs;

	(void)state;
	assert_int_equal(load("[engine]\n\x1b[2J = 1\n" PORT, &msgs), -1);
	assert_null(strchr(msgs, '\x1b'));
	assert_non_null(strstr(msgs, "\\x1b[2J"));
	free(msgs);
}

static void secrets_stay_secret(void **state)
{
	char *msgs, *text, *json;
	size_t text_len, json_len;
	FILE *out;

	(void)state;
	assert_int_equal(load(TURN "user = verysecret\n", &msgs), -1);
	assert_null(strstr(msgs, "verysecret"));
	free(msgs);

	load_good(example);
	out = open_memstream(&text, &text_len);
	conf_print(&conf, out);
	fclose(out);
	out = open_memstream(&json, &json_len);
	conf_print_json(&conf, out);
	fclose(out);
	assert_null(strstr(text, "wonder"));
	assert_null(strstr(text, "s3cret"));
	assert_null(strstr(json, "wonder"));
	assert_null(strstr(json, "s3cret"));
	assert_non_null(strstr(text, "user = alice:***\n"));
	assert_non_null(strstr(text, "secret = ***\n"));
	assert_non_null(strstr(json, "\"alice:***\""));
	conf_free(&conf);
	free(text);
	free(json);
}

/* What `show config` prints is a configuration again, the same one. */
static void print_is_read_back(void **state)
{
	char *first, *second;
	size_t len;
	FILE *out;

	(void)state;
	load_good(example);
	out = open_memstream(&first, &len);
	conf_print(&conf, out);
	fclose(out);
	conf_free(&conf);
	load_good(first);
	out = open_memstream(&second, &len);
	conf_print(&conf, out);
	fclose(out);
	conf_free(&conf);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void a_million_allocations_fit_their_memory(void **state)
{
	char text[1024], *msgs;
	unsigned int need;

	(void)state;
	assert_int_equal(load(TURN "max-allocations = 1000000\n", &msgs), -1);
	assert_non_null(strstr(msgs, "needs "));
	need = (unsigned int)strtoul(strstr(msgs, "needs ") + 6, NULL, 10);
	free(msgs);
	snprintf(text, sizeof(text), "%smax-allocations = 1000000\n[dataplane]\nmemory = %u\n", TURN, need);
	load_good(text);
	assert_int_equal(conf_memory_need(&conf), need);
	conf_free(&conf);
	snprintf(text, sizeof(text), "%smax-allocations = 1000000\n[dataplane]\nmemory = %u\n", TURN, need - 1);
	assert_int_equal(load(text, &msgs), -1);
	free(msgs);
}

/* The tables of media are each core's, and there are none unless it listens. */
static void media_needs_memory(void **state)
{
	unsigned int none, one, two;

	(void)state;
	load_good(TURN);
	none = conf_memory_need(&conf);
	conf_free(&conf);
	load_good(TURN "[media]\nmax-caches = 60000\n");
	assert_int_equal(conf_memory_need(&conf), none);
	conf_free(&conf);
	load_good(TURN "[media]\nlisten = 10.0.0.1:3480\nexternal = 192.0.2.1/10.0.0.1\n");
	one = conf_memory_need(&conf);
	assert_int_equal(conf.media.external_n, 1);
	assert_int_equal(conf.turn.external_n, 0);
	conf_free(&conf);
	load_good(TURN "[media]\nlisten = 10.0.0.1:3480\n[dataplane]\ncores = 0,1\n");
	two = conf_memory_need(&conf);
	conf_free(&conf);
	assert_in_range(one, none + 50, none + 110); /* the caches: 64 of 0.75 MiB */
	assert_in_range(two - one, 50, one - none);
}

static void long_lines_and_long_lists(void **state)
{
	size_t cap = 1 << 20, at;
	char *text = malloc(cap), *msgs, *printed;
	FILE *out;

	(void)state;
	at = (size_t)snprintf(text, cap, "%s", TURN);
	memset(text + at, 'x', 2000);
	text[at + 2000] = '\0';
	assert_int_equal(load(text, &msgs), -1);
	assert_string_equal(msgs, "t.conf:9: this line has more than 1024 bytes: shorten it\n");
	free(msgs);

	for (unsigned int i = 0; i < 5000; i++)
		at += (size_t)snprintf(text + at, cap - at, "user = u%u:p\ndeny-peer = 192.0.2.0/24\n", i);
	load_good(text);
	assert_int_equal(conf.turn.user_n, 5001);
	assert_int_equal(conf.turn.deny_peer_n, 5000);
	assert_string_equal(conf.turn.user[5000].name, "u4999");
	out = open_memstream(&printed, &at);
	conf_print(&conf, out);
	fclose(out);
	assert_non_null(strstr(printed, "; user: 4937 more\n"));
	conf_free(&conf);
	free(printed);
	free(text);
}

static void reference_has_every_key(void **state)
{
	static const char *const keys[] = {"runtime-dir",          "memory", "device", "listen", "relay",
					   "unauthenticated-rate", "http"};
	char *text, cell[64];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	conf_print_reference(out);
	fclose(out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(cell, sizeof(cell), "\n| `%s` | ", keys[i]);
		if (!strstr(text, cell))
			fail_msg("no row of %s", keys[i]);
	}
	free(text);
}

static void files_that_are_none(void **state)
{
	static const char text[] = "[engine]\n\0\n";
	char *msgs, path[32];
	size_t len;
	FILE *out = open_memstream(&msgs, &len);
	int fd = memfd_create("conf", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(conf_load("no-such-dir/no-such-file", out, &conf), -1);
	fflush(out);
	assert_string_equal(msgs, "no-such-dir/no-such-file:0: cannot read the configuration: No such file or "
				  "directory\n");
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(conf_load(path, out, &conf), -1);
	fclose(out);
	close(fd);
	assert_non_null(strstr(msgs, ":2: a NUL byte stands here"));
	free(msgs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_is_understood),
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(other_forms_are_understood),
		cmocka_unit_test(wrong_files_are_explained),
		cmocka_unit_test(all_errors_are_said_by_line),
		cmocka_unit_test(escapes_do_not_pass),
		cmocka_unit_test(secrets_stay_secret),
		cmocka_unit_test(print_is_read_back),
		cmocka_unit_test(a_million_allocations_fit_their_memory),
		cmocka_unit_test(media_needs_memory),
		cmocka_unit_test(long_lines_and_long_lists),
		cmocka_unit_test(reference_has_every_key),
		cmocka_unit_test(files_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
