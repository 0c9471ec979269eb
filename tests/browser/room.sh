# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# room.sh - one namespace with the engine on a tap, its page, and the browsers that look at it: what
# `make run` raises. Sourced by the tests of rooms; lines for [control] and [media] in CONTROL and MEDIA.
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../harness/lab.sh"

CONTROL='' MEDIA=''

turnpike_conf()
{
	section engine "$ENGINE" "runtime-dir=$RUN_DIR"
	section dataplane "$DATAPLANE" "cores=$CORES" memory=384 idle=adaptive
	section "port demo" "${PORT[demo]:-}" device=tap:turnpike0 address=198.18.0.2/24 gateway=198.18.0.1
	section turn "$TURN" listen=198.18.0.2:3478 "relay=198.18.0.2 49152-65535" realm=example.org secret=s3cret \
		max-allocations=256 allow-peer=198.18.0.0/24
	section media "$MEDIA" listen=198.18.0.2:3480 max-sessions=64 max-tracks=256 max-routes=1024 max-caches=32
	section control "$CONTROL" http=127.0.0.1:8080 user=nobody
}

room_serve()
{
	ns_make server
	in_ns server sh -c 'ip tuntap add dev turnpike0 mode tap multi_queue
		ip addr add 198.18.0.1/24 dev turnpike0; ip link set turnpike0 up'
	lab_serve
}
