#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# phone_room_test.sh - telephones in a room of Chromium pages, which a SIP proxy's commands bring there: phone_room.py.
#
#   server: Chromium, phones 198.18.0.1, proxy ── 127.0.0.1:22222 ── tap:turnpike0 ── 198.18.0.2
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

eval "of_room() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_room
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-30999" timeout=5
}

room_serve
in_ns server ip route add default via 198.18.0.2
SERVER_PID=$SERVER_PID nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/tests/browser/phone_room.py"
