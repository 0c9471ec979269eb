#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data_page_test.sh - the page's chat, files and game: members in Chromium, on the machine that serves it. A file is
# on its way when control is killed.
#
#   server: Chromium, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480 (media, data)
#           page, signaling at 127.0.0.1:8080
#
# SIZE_MB: of that file, 48; with 256 and more it is sent undisturbed, too. SHOTS=DIR keeps pictures.
# `SIZE_MB=1024 LIMIT=1200 make browser T=data_page` is the long form.
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
# as in firefox_test.sh
in_ns server ip route add default via 198.18.0.2
SERVER_PID=$SERVER_PID /usr/bin/python3 "$ROOT/tests/browser/data_page.py"
