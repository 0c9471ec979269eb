#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data_abuse_test.sh - hostile SCTP and DCEP inside a valid DTLS session: a neighbour's echo goes on meanwhile, memory is
# bounded, what is refused is counted, and nothing is left afterwards.
#
#   server: aiortc: the attacker, and the neighbour in a process of its own, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
SERVER_PID=$SERVER_PID nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/tests/browser/data_abuse.py" "$@"
