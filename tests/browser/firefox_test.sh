#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# firefox_test.sh - a room with one member in Firefox and one in Chromium: other offers, another DTLS, another ICE.
#
#   server: Firefox, Chromium, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480 (media)
#           page, signaling at 127.0.0.1:8080
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

command -v firefox-esr >/dev/null || skip "no Firefox here (scripts/setup installs it)"
room_serve
# without one Firefox has no address to offer: fake devices give it no leave to look at interfaces
in_ns server ip route add default via 198.18.0.2
/usr/bin/python3 "$ROOT/tests/browser/firefox_call.py"
