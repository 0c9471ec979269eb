#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# calls.sh - a media gateway's work: turnpike and Debian's rtpengine (user space, no kernel module) under the same
# calls of the same SIP proxy (ng protocol), in turns, on the same veth pair. Plain RTP relayed, SDES SRTP to RTP,
# opus to PCMU and back; beside them what a CPU could do that only ran the codecs.
#
# Each server has one CPU for all that it does: every thread and process of either is confined to it (taskset). The
# generator has the other. turnpike relays on memif too: then no kernel is between the two, and what is measured is
# the engine; rtpengine can be reached through the kernel only.
#
#   sudo perf/compare/calls.sh [--rounds N] [--trial S] [--part relay,srtp,transcode,codecs] [--name NAME]
#        [--calls N] [--rate R] [--width F] [--votes N] [--voices N] [--voice-trial S] [--voice-width F] [--seconds S]
#        [--idle adaptive|poll] [--mode generic|native] [--server-mode generic|native] [--build DIR] [--results DIR]
#
# --calls and --rate are of the relayed ones, --voices how many are transcoded when delay is measured. Writes
# RESULTS/NAME.json, .md and .html (perf/README.md says how to read them).
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
. perf/compare/media.sh

CALLS=200 RATE=20000 VOICES=40 VOICE_TRIAL=2 VOICE_WIDTH=0.05 WIDTH=0.05 LENGTH=4 IDLE=adaptive
VOTES=2 SERVERS="turnpike rtpengine"
OPTIONS+=([calls]=CALLS [rate]=RATE [width]=WIDTH [votes]=VOTES [voices]=VOICES [voice-trial]=VOICE_TRIAL
	[voice-width]=VOICE_WIDTH [seconds]=LENGTH [idle]=IDLE [mode]=MODE [server-mode]=SERVER_MODE [servers]=SERVERS)
NG=10.99.0.1:22222
PORTS=20000-59999
lab_begin "$@"
command -v rtpengine >/dev/null || die "needs Debian's rtpengine-daemon: scripts/setup installs it"
media_link

# --- servers ----------------------------------------------------------------------------

turnpike_conf()
{
	cat <<-END
		[engine]
		runtime-dir = $WORK/run
		[dataplane]
		cores = $CPU_SERVER
		idle = $IDLE
		memory = 1024
		[port bench]
		device = $(turnpike_device)
		buffers = 16384
		address = $SERVER/16
		[media]
		listen = $SERVER:3480
		max-sessions = 4096
		[control]
		http = $HTTP
		user = nobody
		[gateway]
		ng = $NG
		rtp = $SERVER $PORTS
		timeout = 600
	END
}

# A gateway without a CPU of its own for transcoding makes one worker thread, here on the CPU of all the rest
turnpike_command()
{
	mkdir -p "$WORK/run"
	turnpike_conf >"$WORK/turnpike.conf"
	COMMAND=(taskset -c "$CPU_SERVER" "$BUILD/turnpike" run -c "$WORK/turnpike.conf")
}

# Two ports for RTP and two for RTCP a call are as many sockets
rtpengine_command()
{
	in_ns server ip addr add "$SERVER/16" dev tpserver
	COMMAND=(prlimit "--nofile=$(ulimit -Hn)" taskset -c "$CPU_SERVER" rtpengine --config-file=none --foreground --log-stderr
		--log-level=3 --table=-1 "--interface=$SERVER" "--listen-ng=$NG" "--port-min=${PORTS%-*}"
		"--port-max=${PORTS#*-}" --num-threads=1 --delete-delay=0 --timeout=600 --pidfile="$WORK/rtpengine.pid")
}

rtpengine_ready()
{
	in_ns server grep -q ':56CE ' /proc/net/udp
}

# The same as turnpike, on shared memory
memif_command()
{
	turnpike_command
}

memif_ready()
{
	turnpike_ready
}

# The same as rtpengine with an opus encoder of our complexity: it has no option for that
rtpengine5_command()
{
	rtpengine_command
	COMMAND=(env "LD_PRELOAD=$PWD/$BUILD/opus_complexity.so" OPUS_COMPLEXITY=5 "${COMMAND[@]}")
}

rtpengine5_ready()
{
	rtpengine_ready
}

# --- measurements -----------------------------------------------------------------------

# calls SIDE ROUND VARIANT MODE OPTION…; memif is a side and a bed
calls()
{
	fresh "$1" "$2" "$3" bench calls --ng "$NG" --mode "${@:4}" || true
}

# Where searches begin does not matter to what they find, only to how long they take
declare -A START=([turnpike]=400000 [memif]=2000000 [rtpengine]=150000)
declare -A VOICE_START=([turnpike]=176 [rtpengine5]=100 [rtpengine]=48)

packets()
{
	[ "$1" != memif ] || BED=memif
	calls "$1" "$2" "$3" "$3" --calls "$CALLS" --rate "$RATE" --seconds "$LENGTH" --search --start "${START[$1]}" \
		--trial "$TRIAL" --width "$WIDTH" --votes "$VOTES"
	BED=veth
}

voices()
{
	calls "$1" "$2" transcode transcode --search --start "${VOICE_START[$1]}" --max 2000 --trial "$VOICE_TRIAL" \
		--width "$VOICE_WIDTH" --votes 1
	calls "$1" "$2" voices transcode --calls "$VOICES" --seconds "$LENGTH"
}

# bare ROUND VARIANT OPTION…: on the server's CPU, which has nothing else to do
bare()
{
	measure codecs "$1" "$2" bench calls --mode codecs --seconds 2 --cpu "$CPU_SERVER" "${@:3}" || true
}

round()
{
	if [ "$1" != rtpengine5 ]; then
		! wanted relay || packets "$1" "$2" relay
		! wanted srtp || packets "$1" "$2" srtp
	fi
	! wanted transcode || [ "$1" = memif ] || voices "$1" "$2"
	! wanted codecs || [ "$1" != turnpike ] || {
		bare "$2" "8 kHz, mono, 5" --opus-rate 8000 --opus-channels 1 --complexity 5
		bare "$2" "48 kHz, stereo, 5" --opus-rate 48000 --opus-channels 2 --complexity 5
		bare "$2" "48 kHz, stereo, 10" --opus-rate 48000 --opus-channels 2 --complexity 10
	}
}

read -ra sides <<<"$SERVERS"
! wanted transcode || sides+=(rtpengine5)
! { wanted relay || wanted srtp; } || sides+=(memif)
in_turns round "${sides[@]}"

# --- tables -----------------------------------------------------------------------------

# packet_rows VARIANT
packet_rows()
{
	row "no loss" turnpike "$1: rate_no_loss" rtpengine "$1: rate_no_loss" ">=4" ">=10"
	row "loss ≤ 0.1 %" turnpike "$1: rate_0.1%" rtpengine "$1: rate_0.1%" ">=4" ">=10"
	row "loss ≤ 0.5 %" turnpike "$1: rate_0.5%" rtpengine "$1: rate_0.5%" ">=4" ">=10"
	row "turnpike on memif (another link), no loss" memif "$1: rate_no_loss" rtpengine "$1: rate_no_loss"
	row "turnpike on memif (another link), ≤ 0.1 %" memif "$1: rate_0.1%" rtpengine "$1: rate_0.1%"
	row "added delay p50, $RATE packets/s" turnpike "$1: p50" rtpengine "$1: p50"
	row "added delay p99, $RATE packets/s" turnpike "$1: p99" rtpengine "$1: p99"
	row "setting up a call, p50" turnpike "$1: call_setup_p50" rtpengine "$1: call_setup_p50"
}

voice_rows()
{
	row "calls, ≤ 0.1 % lost or damaged" turnpike "transcode: calls_0.1%" "$1" "transcode: calls_0.1%" ">=1" ">=1.5"
	row "delay of the sound opus to PCMU, p50, $VOICES calls" turnpike "voices: from_caller_p50" "$1" "voices: from_caller_p50"
	row "the same, p99" turnpike "voices: from_caller_p99" "$1" "voices: from_caller_p99"
	row "delay of the sound PCMU to opus, p50" turnpike "voices: from_called_p50" "$1" "voices: from_called_p50"
	row "the same, p99" turnpike "voices: from_called_p99" "$1" "voices: from_called_p99"
	row "alike, opus to PCMU" turnpike "voices: alike_opus_to_pcmu" "$1" "voices: alike_opus_to_pcmu"
	row "alike, PCMU to opus" turnpike "voices: alike_pcmu_to_opus" "$1" "voices: alike_pcmu_to_opus"
}

! wanted relay || {
	section "Plain RTP to plain RTP, packets/s relayed on one core ($CALLS calls)" turnpike rtpengine
	packet_rows relay
}
! wanted srtp || {
	section "SDES SRTP (AES_CM_128_HMAC_SHA1_80) to plain RTP and back" turnpike rtpengine
	packet_rows srtp
}
! wanted transcode || {
	section "Opus and PCMU transcoded, calls on one core; rtpengine as it comes (opus complexity 10)" turnpike rtpengine
	voice_rows rtpengine
	section "The same, with rtpengine's opus encoder at our complexity of 5" turnpike rtpengine
	voice_rows rtpengine5
}
! wanted codecs || {
	section "Against the codecs alone: a loop of libopus and G.711 on that CPU" server "codecs alone"
	row "turnpike (8 kHz, mono, complexity 5)" turnpike "transcode: calls_0.1%" codecs "8 kHz, mono, 5: calls" ">=0.8"
	row "rtpengine at complexity 5 (48 kHz, stereo)" rtpengine5 "transcode: calls_0.1%" codecs "48 kHz, stereo, 5: calls"
	row "rtpengine as it comes (48 kHz, stereo, complexity 10)" rtpengine "transcode: calls_0.1%" codecs "48 kHz, stereo, 10: calls"
}
report "Calls through a gateway: turnpike and rtpengine, one CPU each"
