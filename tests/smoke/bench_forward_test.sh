#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_forward_test.sh - turnpike-bench forward through testpmd: back on the same memif (macswap), and from one memif
# to another (io).
#
#   generator ── memif ── testpmd            generator: --port ── memif ── testpmd ── memif ── --port2
#
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

command -v dpdk-testpmd >/dev/null || skip "no dpdk-testpmd"
ns_make server
ns_make client
mkfifo "$LAB/testpmd.in"
exec 8<>"$LAB/testpmd.in"

TESTPMD=()
# testpmd MODE PORTS: its memifs are $LAB/MODE-0.sock …
testpmd()
{
	local i vdev=()
	TESTPMD=("$@")
	for ((i = 0; i < $2; i++)); do
		vdev+=(--vdev "net_memif$i,role=server,socket=$LAB/$1-$i.sock,socket-abstract=no,id=$i")
	done
	nsenter --net="/proc/${NS[server]}/ns/net" -- setpriv --pdeathsig KILL dpdk-testpmd --no-huge --no-shconf -m 128 --no-pci \
		--no-telemetry --file-prefix "lab$$$1" --lcores '0@(0-1),1@(0-1)' "${vdev[@]}" \
		-- --forward-mode="$1" --auto-start --total-num-mbufs=4096 <&8 >"$LAB/testpmd.$1.log" 2>&1 &
	PIDS+=("$!")
	until_true 20 test -S "$LAB/$1-$(($2 - 1)).sock" || die "testpmd does not start: $(tail -n 3 "$LAB/testpmd.$1.log")"
}

# a testpmd whose memif was left and taken again has crashed before now
again()
{
	kill -KILL "${PIDS[-1]}" 2>/dev/null || true
	wait "${PIDS[-1]}" 2>/dev/null || true
	rm -f "$LAB/${TESTPMD[0]}"-*.sock
	testpmd "${TESTPMD[@]}"
}
to=(--address 10.77.1.2/24 --destination 10.77.1.1:9 --mac 02:00:00:00:00:01 --descriptors 512 "${GENTLE[@]}")

testpmd macswap 1
check "hairpin, several sizes" carried forward --port "memif:$LAB/macswap-0.sock,role=client" "${to[@]}" --size 64,200,1400
testpmd io 2
check "port to port, random order" carried forward --port "memif:$LAB/io-0.sock,role=client" \
	--port2 "memif:$LAB/io-1.sock,role=client,id=1" "${to[@]}" --order random
