#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# ice_full_test.sh - a server that is a full ICE agent: room_test.sh with one that nobody reaches who was not sent to
# before, as behind a NAT; only its own checks, to the candidates that the page trickles, let the clients' in.
#
#   server: Chromium, 198.18.0.1 ──✕── tap:turnpike0 ── 198.18.0.2:3480
#                                new flows to the media port are dropped
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

MEDIA='ice=full'

counter()
{
	"$TURNPIKE" show counters --json --runtime-dir "$RUN_DIR" |
		/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["counters"][sys.argv[1]])' "$1"
}

room_serve
in_ns server nft -f - <<'RULES'
table inet nat {
	chain out {
		type filter hook output priority 0;
		ip daddr 198.18.0.2 udp dport 3480 ct state new counter drop
	}
}
RULES
/usr/bin/python3 "$ROOT/tests/browser/room.py" "${@:-2}" || FAILED=1
check "clients that came first were not let in" \
	sh -c "nsenter --net=/proc/${NS[server]}/ns/net -- nft list table inet nat | grep -q 'packets [1-9]'"
check "checks of our own were sent" [ "$(counter ice.asked)" -gt 0 ]
check "and answered" [ "$(counter ice.answered)" -gt 0 ]
check "none was refused by the dataplane" [ "$(counter ice.refused)" = 0 ]
