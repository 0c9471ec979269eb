#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# aiortc_data_test.sh - data channels with a second stack: the room `echo`, alone and beside media; topics, pipes and the
# bridge in a room.
#
#   server: aiortc, programs of the bridge, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/tests/browser/aiortc_data.py"
