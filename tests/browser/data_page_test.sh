#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data_page_test.sh - the page's chat, files and game: members in Chromium, on the machine that serves it. A file is
# on its way when control is killed.
#
#   server: Chromium, 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:3480 (media, data)
#           page, signaling at 127.0.0.1:8080
#
# SIZE_MB: of that file, 48; SHOTS=DIR keeps pictures.
#
# shellcheck source=tests/browser/room.sh
. "$(dirname "$0")/room.sh"

room_serve
SERVER_PID=$SERVER_PID /usr/bin/python3 "$ROOT/tests/browser/data_page.py"
