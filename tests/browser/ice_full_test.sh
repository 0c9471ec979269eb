#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# ice_full_test.sh - room_test.sh with a server that is a full ICE agent: the same, and the server's checks.
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
/usr/bin/python3 "$ROOT/tests/browser/room.py" "${@:-2}" || FAILED=1
check "checks of our own were sent" [ "$(counter ice.asked)" -gt 0 ]
check "and answered" [ "$(counter ice.answered)" -gt 0 ]
check "none was refused by the dataplane" [ "$(counter ice.refused)" = 0 ]
