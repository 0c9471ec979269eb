#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# auth_test.sh - credentials and nonces, right and wrong (attack T7, RFC 8489 s9.2): auth.py says what must hold.
#
#   client ──┐
#            ├── server
#   peer   ──┘        (another source address for somebody else's nonce)
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

TURN="user = alice:wonderland
user = bob:builder
nonce-lifetime = 2"
# turnserver has either users or secrets
[ "$SUT" = coturn ] || TURN+="
secret = newest
secret = older"
lab_up client peer
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/auth.py"
