#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# drain_test.sh - SIGUSR1: no new allocations, while the old ones go on.
#
#   client ── server ── peer
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "turnserver 4.6.1 does not drain"
lab_up client peer
lab_serve
SERVER_PID=$SERVER_PID /usr/bin/python3 - <<'EOF'
import os
import signal

import lab

old = lab.client()
lab.equal('before: an allocation', old.allocate().code, 0)
os.kill(int(os.environ['SERVER_PID']), signal.SIGUSR1)
lab.check('new ones get 508', lab.until(2, lambda: lab.client().allocate().code == 508))
lab.equal('always', [lab.client().allocate().code for _ in range(5)], [508] * 5)
lab.equal('the old one is refreshed', old.refresh(600).code, 0)
peer = lab.udp('peer', lab.host(2))
lab.equal('may bind a channel', old.bind(0x4000, peer.getsockname()).code, 0)
old.send_channel(0x4000, b'there')
peer.settimeout(2)
data, relay = peer.recvfrom(100)
peer.sendto(b'and back', relay)
lab.equal('and relays both ways', (data, old.data()), (b'there', (0x4000, b'and back')))
lab.equal('and ends', old.refresh(0).code, 0)
lab.done()
EOF
