#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# kamailio_test.sh - Debian's Kamailio with docs/kamailio.cfg between Chromium and a telephone: kamailio.py. Once with
# our gateway, once with Debian's rtpengine in its place; then what the two made of the descriptions is compared:
# kamailio_sdp.py.
#
#   server: Chromium ── ws 198.18.0.1:8088 ── Kamailio ── udp 198.18.0.1:5060 ── baresip
#              │                                 └ ng 127.0.0.1:22222                 │
#              └────── tap:turnpike0 ── 198.18.0.2 (SRTP, opus | RTP, PCMU) ──────────┘
#   rival:  the same, with 198.18.0.2 an address of the kernel and rtpengine (in user space) on it
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

for program in kamailio rtpengine baresip; do
	command -v "$program" >/dev/null || skip "no $program"
done

eval "of_room() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_room
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-30999"
}

RIVAL='' COMPARED=()

# proxy NAMESPACE WORD: Kamailio there, with that word defined. Its processes die with the first of them: they have a PID
# namespace.
proxy()
{
	mkdir -p "$LAB/$1.$2"
	background "$1" unshare --pid --fork --kill-child kamailio -DD -E -m 32 -M 8 -Y "$LAB/$1.$2" -f "$ROOT/docs/kamailio.cfg" \
		-A SIP_ADDRESS=udp:198.18.0.1:5060 -A WS_ADDRESS=tcp:198.18.0.1:8088 -A "$2" >"$LAB/$1.$2.log" 2>&1
	# 8088; 5060 is bound before it
	until_true 20 in_ns "$1" grep -q ':1F98 00000000:0000 0A' /proc/net/tcp || die "no Kamailio: $(cat "$LAB/$1.$2.log")"
}

# rival WORD: rtpengine, anew for each Kamailio: two of these with the same process id have the same cookies, and
# rtpengine would answer those of the second as it did the first's
rival()
{
	[ -z "$RIVAL" ] || { kill -KILL "$RIVAL"; wait "$RIVAL" 2>/dev/null || true; }
	background rival rtpengine --config-file=none --foreground --log-stderr --log-level=6 --table=-1 \
		--interface=198.18.0.2 --listen-ng=127.0.0.1:22222 --port-min=30000 --port-max=30999 --num-threads=2 \
		--delete-delay=0 --pidfile="$LAB/rtpengine.pid" >"$LAB/rtpengine.$1.log" 2>&1
	RIVAL=$BG
	until_true 20 in_ns rival grep -q ':56CE ' /proc/net/udp || die "no rtpengine: $(cat "$LAB/rtpengine.$1.log")"
}

# calls NAMESPACE GATEWAY WORD [speech]: kamailio.py there, with a Kamailio of its own
calls()
{
	local rc=0
	echo "# $2, $3"
	proxy "$1" "$3"
	NS_server=${NS[$1]} GATEWAY=$2 NG=$LAB/$2.$3.json SPEECH=${4:-} SERVER_PID=$SERVER_PID in_ns "$1" \
		/usr/bin/python3 "$ROOT/tests/browser/kamailio.py" || rc=$?
	[ "$rc" = 0 ] || { FAILED=1; tail -n 15 "$LAB/$1.$3.log"; }
	kill -KILL "$BG" # unshare lets nothing else end it
	wait "$BG" 2>/dev/null || true
}

room_serve
in_ns server ip route add default via 198.18.0.2
calls server turnpike WITH_TRANSCODING speech
calls server turnpike WITH_SAVPF
check "SIGTERM: exit 0" lab_stop
ns_make rival
ns_make far
veth rival eth0 far eth0
in_ns rival sh -c 'ip addr add 198.18.0.1/24 dev eth0; ip addr add 198.18.0.2/32 dev lo
	ip route add default via 198.18.0.254'
for word in WITH_TRANSCODING WITH_SAVPF; do
	rival "$word"
	calls rival rtpengine "$word"
	COMPARED+=("$word" "$LAB/turnpike.$word.json" "$LAB/rtpengine.$word.json")
done
echo "# what the two made of the descriptions"
/usr/bin/python3 "$ROOT/tests/browser/kamailio_sdp.py" "${COMPARED[@]}" || FAILED=1
