#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# aiortc_test.sh - a second stack that shares no code with browsers: aiortc by plain HTTP offer and answer, its own
# media back from the room `echo`, and a room with Chromium in both directions.
#
#   server: Chromium, aiortc, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/tests/browser/aiortc_peer.py"
