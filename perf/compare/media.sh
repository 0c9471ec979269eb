# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# media.sh - of the comparisons with signaling: control and its own link. Sourced after lib.sh.
#
#        namespace load: 10.99.0.2 ── kernel's veth ── 10.99.0.1:8080, control, namespace server

HTTP=10.99.0.1:8080

# media_conf KEY=VALUE…: the configuration's last lines, with room for that in [media]
media_conf()
{
	# shellcheck disable=SC2034 # of lib.sh
	TURN_LINES=("[media]" "listen = $SERVER:3480" "${@/=/ = }" "[control]" "http = $HTTP" "user = nobody")
}

# after lab_begin
media_link()
{
	ip link add http netns "${NS[load]}" type veth peer name http netns "${NS[server]}"
	in_ns load sh -c 'ip addr add 10.99.0.2/24 dev http; ip link set http up'
	in_ns server sh -c 'ip addr add 10.99.0.1/24 dev http; ip link set http up'
}

media_ready()
{
	in_ns load curl -sf -m 2 -o /dev/null "http://$HTTP/readyz"
}
