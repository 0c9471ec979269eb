#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# setup_test.sh - a hundred Chromium peer connections, one after another; half of them lose a datagram of their ClientHello.
#
#   server: Chromium, 198.18.0.1 ── nftables, egress ──✂── tap:turnpike0 ── 198.18.0.2:3480
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
/usr/bin/python3 "$ROOT/tests/browser/setup.py" "${@:-100}"
