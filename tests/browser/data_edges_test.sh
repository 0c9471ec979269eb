#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data_edges_test.sh - sizes, ids, names, limits of data channels, with Chromium and aiortc: data_edges.py.
#
#   server: Chromium, aiortc, 198.18.0.1 ─(nft: drop 5 %)─ tap:turnpike0 ── 198.18.0.2:3480
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
SERVER_PID=$SERVER_PID nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/tests/browser/data_edges.py"
