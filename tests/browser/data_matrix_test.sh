#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data_matrix_test.sh - every kind of data channel and message between Chromium, Firefox and aiortc, with and without
# loss. Loss is the clients' own: their kernel drops what comes from and goes to the engine.
#
#   server: Chromium, Firefox, aiortc, 198.18.0.1 ─(nft: drop 5 %)─ tap:turnpike0 ── 198.18.0.2:3480
#
# MESSAGES: of each mode of each flow, 40.
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
# as in firefox_test.sh
in_ns server ip route add default via 198.18.0.2
SERVER_PID=$SERVER_PID nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/tests/browser/data_matrix.py"
