#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# room_test.sh - the page: two and four members of a room in Chromium, on the machine that serves it.
#
#   server: Chromium, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480 (media)
#           page, signaling at 127.0.0.1:8080
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
/usr/bin/python3 "$ROOT/tests/browser/room.py" "${@:-2 4}"
