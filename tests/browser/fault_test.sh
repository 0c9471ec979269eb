#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# fault_test.sh - a call of four in Chromium while the processes that carry it are killed and stopped.
#
#   server: Chromium, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480 (media)
#           page, signaling at 127.0.0.1:8080
#
# KILLS, STOPPED=SECONDS, MEMBERS: how often, how long, how many.
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
SERVER_PID=$SERVER_PID /usr/bin/python3 "$ROOT/tests/browser/fault.py"
