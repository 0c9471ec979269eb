#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# http_test.sh - the control process against HTTP and WebSocket clients that are wrong, slow or hostile; HTTPS and
# its certificate, which changes while it serves.
#
#   server: the engine, and clients of 127.0.0.1:8080
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

control_serve

while IFS= read -r line; do
	case $line in
	"ok "*) check "${line#ok }" true ;;
	*) check "${line#not ok }" false ;;
	esac
done < <(in_ns server timeout 120 /usr/bin/python3 "$ROOT/tests/smoke/http.py" 2>&1)
check "it still serves" curl_ns -f "$URL/readyz"
check "and is the process of the start" test "$(child turnpike-control)" = "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop

# pair NAME KEY-TYPE: a certificate
pair()
{
	openssl req -x509 -newkey "$2" -nodes -keyout "$LAB/$1.key" -out "$LAB/$1.crt" -subj "/CN=$1" -days 2 2>/dev/null
	chmod 644 "$LAB/$1.key"
}
pair first rsa:2048
openssl ecparam -name prime256v1 -out "$LAB/ec" && pair second "ec:$LAB/ec"
install_pair()
{
	cp "$LAB/$1.crt" "$LAB/live.crt"
	cp "$LAB/$1.key" "$LAB/live.key"
}
serves_name()
{
	in_ns server timeout 5 openssl s_client -connect 127.0.0.1:8080 </dev/null 2>/dev/null | grep -qF "subject=CN = $1"
}

install_pair first
CONTROL="certificate = $LAB/live.crt
key = $LAB/live.key"
URL=https://127.0.0.1:8080
control_serve
check "HTTPS" curl_ns -f "$URL/healthz"
check "the ready line names it" grep -qF "page on $URL/" "$LAB/server.log"
check "the certificate of the file" serves_name first
check "plain HTTP is refused" not curl_ns http://127.0.0.1:8080/healthz
echo rubbish >"$LAB/live.key"
check "a key that is none is said" until_true 6 grep -qF "the old certificate stays in use" "$LAB/server.log"
check "and the old pair goes on" serves_name first
install_pair second
check "a new pair of another kind, without a restart" until_true 6 serves_name second
check "by the same process" test "$(child turnpike-control)" = "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop

refused_start "certificate = $LAB/none.crt"$'\n'"key = $LAB/live.key" "cannot open it: No such file"
refused_start "certificate = $LAB/first.crt"$'\n'"key = $LAB/second.key" "is not the key of certificate"
