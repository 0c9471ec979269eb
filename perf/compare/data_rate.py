# SPDX-License-Identifier: BSD-3-Clause
"""
data_rate.py run NAME OUT                what two browsers carry on a data channel, directly and through the engine,
                                         in turn; records to OUT
data_rate.py report STEM RECORDS...      the table: STEM.md, STEM.json

Part of data.sh, which made the topology.
"""
import json
import os
import platform
import re
import statistics
import sys
import time
import urllib.request

HERE = {'a': '10.88.0.2', 'b': '10.88.0.3'}
MUST = 0.7

PAGE = """
const CHUNK = 65536, FULL = 4 << 20;
let pc, channel, got = 0, began = 0;

async function offer(label, protocol) {
	pc = new RTCPeerConnection();
	channel = pc.createDataChannel(label, {protocol});
	heard(channel);
	await pc.setLocalDescription();
	return gathered();
}
async function answer(sdp) {
	pc = new RTCPeerConnection();
	pc.ondatachannel = e => heard(channel = e.channel);
	await pc.setRemoteDescription({type: 'offer', sdp});
	await pc.setLocalDescription();
	return gathered();
}
async function gathered() {
	while (pc.iceGatheringState !== 'complete')
		await new Promise(done => pc.addEventListener('icegatheringstatechange', done, {once: true}));
	return pc.localDescription.sdp;
}
const accept = sdp => pc.setRemoteDescription({type: 'answer', sdp});
function heard(c) {
	c.binaryType = 'arraybuffer';
	c.onmessage = e => { got += e.data.byteLength; };
}
async function open(ms) {
	for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 20)))
		if (channel?.readyState === 'open')
			return true;
	return false;
}
// Sends for so long; the receiver counts.
async function send(ms) {
	const bytes = new Uint8Array(CHUNK).map((_, i) => i);
	channel.bufferedAmountLowThreshold = FULL / 2;
	for (const end = Date.now() + ms; Date.now() < end;) {
		while (channel.bufferedAmount < FULL)
			channel.send(bytes);
		await Promise.race([new Promise(r => channel.addEventListener('bufferedamountlow', r, {once: true})),
			new Promise(r => setTimeout(r, 200))]);
	}
}
const count = () => [got, performance.now()];
const close = () => { pc.close(); got = 0; channel = null; };
"""


def told(sdp, host):
    """Chromium hides addresses behind names that nobody here resolves."""
    return re.sub(r'[0-9a-f-]{36}\.local', HERE[host], sdp)


def whip(sdp, room):
    request = urllib.request.Request(f'http://127.0.0.1:8080/whip/{room}', sdp.encode(), {'Content-Type': 'application/sdp'})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def join(page, room):
    page.call('accept', whip(page.call('offer', 'rate', 'topic;full=wait'), room))


def connect(how, a, b, room):
    if how == 'direct':
        a.call('accept', told(b.call('answer', told(a.call('offer', 'rate', ''), 'a')), 'b'))
    else:
        join(a, room)
        join(b, room)
    for page in (a, b):
        if not page.call('open', 10000):
            raise SystemExit(f'data_rate: {how}: the channel did not open')


def measure(how, a, b, seconds, room):
    """Mb/s at the receiver, the first second left out: a window opens."""
    connect(how, a, b, room)
    a.evaluate(f'window.sent = send({int(seconds * 1000)}); 0')
    time.sleep(1)
    first, t0 = b.call('count')
    time.sleep(seconds - 1.5)
    last, t1 = b.call('count')
    a.evaluate('window.sent')
    for page in (a, b):
        page.call('close')
    return (last - first) * 8 / (t1 - t0) / 1000


def run(name, out):
    import chromium
    rounds, seconds = int(os.environ['ROUNDS']), float(os.environ['SECONDS_EACH'])
    page = os.path.join(os.environ['LAB'], 'data.html')
    with open(page, 'w') as f:
        f.write(f'<script>{PAGE}</script>')
    pages = [chromium.Browser(host, page) for host in ('a', 'b')]
    rates = {'direct': [], 'engine': []}
    for i in range(rounds):
        for how in ('direct', 'engine') if i % 2 == 0 else ('engine', 'direct'):
            rates[how].append(measure(how, *pages, seconds, f'rate{i}'))
            print(f'{name}, {how}: {rates[how][-1]:.1f} Mb/s', flush=True)
    with open(out, 'w') as f:
        json.dump({'name': name, 'rates': rates}, f)


def report(stem, records):
    cpu = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), '?')
    machine = f'{cpu}, {os.cpu_count()} CPUs, Linux {platform.release()}'
    lines = ['# A data channel between two browsers, through the engine and without it', '',
         f'`sudo perf/compare/data.sh --rounds {os.environ["ROUNDS"]} --seconds {os.environ["SECONDS_EACH"]}`, {machine}.',
         'Reliable and ordered, messages of 64 KiB, Mb/s at the receiver; medians and all rounds.', '',
         '| Path | Direct | Through the engine | Ratio | Must |', '|---|---|---|---|---|']
    for r in records:
        direct, engine = (r['rates'][how] for how in ('direct', 'engine'))
        each = [' '.join(f'{x:.1f}' for x in rates) for rates in (direct, engine)]
        median = [statistics.median(rates) for rates in (direct, engine)]
        r['ratio'] = median[1] / median[0]
        lines.append(f'| {r["name"]} | {median[0]:.1f} ({each[0]}) | {median[1]:.1f} ({each[1]}) | {r["ratio"]:.2f} | {MUST} |')
    text = '\n'.join(lines) + '\n'
    print(text)
    with open(stem + '.md', 'w') as f:
        f.write(text)
    with open(stem + '.json', 'w') as f:
        json.dump({'machine': machine, 'records': records}, f, indent=1)


if sys.argv[1] == 'run':
    run(*sys.argv[2:])
else:
    report(sys.argv[2], [json.load(open(file)) for file in sys.argv[3:]])
