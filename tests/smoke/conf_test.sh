#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# conf_test.sh - what a wrong configuration, device or second start gets: a sentence that helps, and an exit code.
#
#   client ── server
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our command line"
lab_up client
mkdir -p "$RUN_DIR"
turnpike_conf >"$LAB/good.conf"

# says CODE PATTERN COMMAND...: exit code and, in all output, an extended regular expression
says()
{
	local want=$1 pattern=$2 rc=0 out
	shift 2
	out=$(in_ns server timeout 20 "$@" 2>&1) || rc=$?
	echo "exit $rc: $out"
	[ "$rc" = "$want" ] && grep -qE "$pattern" <<<"$out"
}

# altered SED: the good configuration, changed
altered()
{
	sed "$1" "$LAB/good.conf" >"$LAB/bad.conf"
}

line_of()
{
	grep -nE "$1" "$LAB/bad.conf" | head -n 1 | cut -d: -f1
}

check "check accepts the laboratory's" says 0 '' "$TURNPIKE" check -c "$LAB/good.conf"
check "check accepts the demo's" says 0 '' "$TURNPIKE" check -c "$ROOT/scripts/demo.conf"

altered 's/^realm = /reallm = /'
check "a misspelled key: file, line and the right one" \
	says 2 "^$LAB/bad.conf:$(line_of '^reallm'): .*did you mean .?realm" "$TURNPIKE" check -c "$LAB/bad.conf"
altered 's/^memory = .*/memory = plenty/'
check "a value that is no number" \
	says 2 "^$LAB/bad.conf:$(line_of '^memory'): .*memory" "$TURNPIKE" check -c "$LAB/bad.conf"
altered 's/^address = 10.77.1.1.*/address = 10.77.1.300\/24/'
check "an address that is none" \
	says 2 "^$LAB/bad.conf:$(line_of '77.1.300'): .*10.77.1.300" "$TURNPIKE" check -c "$LAB/bad.conf"
altered 's/^listen = 10.77.1.1:3478/listen = 10.99.9.9:3478/'
check "a listen address that no port has" \
	says 2 "^$LAB/bad.conf:$(line_of '10.99.9.9'): .*10.99.9.9" "$TURNPIKE" check -c "$LAB/bad.conf"
altered 's/^memory = .*/memory = plenty/; s/^realm = /reallm = /'
both()
{
	[ "$("$TURNPIKE" check -c "$LAB/bad.conf" 2>&1 | grep -c "^$LAB/bad.conf:")" -ge 2 ]
}
check "two errors: both are said" both
check "a file that is not there" says 2 'missing.conf' "$TURNPIKE" check -c "$LAB/missing.conf"

check "run refuses the same, with exit 1" says 1 "^$LAB/bad.conf:" "$TURNPIKE" run -c "$LAB/bad.conf"
altered "s/^device = .*/device = $DEVICE:nowhere0/"
check "a device that is not there is named" says 1 'turnpike: .*nowhere0' "$TURNPIKE" run -c "$LAB/bad.conf"

lab_serve
check "a second engine over the same runtime directory" says 1 "$RUN_DIR" "$TURNPIKE" run -c "$LAB/turnpike.conf"
mapped()
{
	in_ns client timeout 10 turnutils_stunclient "${SERVER4[client]}" 2>&1 | grep -F "UDP reflexive addr: ${HOST4[client]}:"
}
check "the first one serves on" mapped
check "show without an engine" says 1 'nothing|no engine|not run' "$TURNPIKE" show counters --runtime-dir "$LAB"
