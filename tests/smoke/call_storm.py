# SPDX-License-Identifier: BSD-3-Clause
"""CALLS calls of every kind at once, ROUNDS times; after each round nothing is left of them, and after the last one
both processes are as big as after the first."""
import contextlib
import os
import re
import resource
import time
import urllib.request

import lab
from ng import Phone, Proxy, rtp
from sdes import Sdes
from webleg import WebLeg

CALLS, ROUNDS, TIMEOUT = int(os.environ['CALLS']), int(os.environ['ROUNDS']), int(os.environ['TIMEOUT'])
TONE = bytes(range(160))
CODECS = ('0 PCMU/8000', '101 telephone-event/8000')
GROWTH_KB = 4096  # places that the first round did not need; a call is 20 KB

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
proxy = Proxy()
NEAR, FAR = Phone('198.18.0.1', 40000), Phone('198.18.0.1', 41000)  # of all calls: our ports tell which call it is


def ask(command, **words):
    """Without a word for each that was right."""
    got = proxy.ask(command, **words)
    if got['result'] != 'ok' or 'warning' in got:
        lab.check(f'{command} of {words.get("call_id")}', False, got)
    return got.get('sdp', '')


# --- kinds of calls ------------------------------------------------------------------------------------------


class Call:
    """Two plain phones; it knows how each says and hears. `far_pt`: what the far one hears."""
    codecs, far_codecs, proto, flags, far_pt = CODECS, CODECS, 'RTP/AVP', {}, 0

    def __init__(self, number, rest):
        self.id, self.near_heard, self.far_heard, self.stays = f'{os.getpid()}.{number}', False, False, rest
        self.seq, self.number = 0, number

    def sdp(self, phone, codecs, lines=(), proto='RTP/AVP'):
        phone.codecs, phone.lines, phone.proto = codecs, lines, proto
        return phone.sdp()

    def near_sdp(self):
        return self.sdp(NEAR, self.codecs)

    def near_hears(self, sdp):
        self.near_to = NEAR.hear(sdp).to

    def far_answers(self, sdp):
        self.far_to = FAR.hear(sdp).to
        return self.sdp(FAR, self.far_codecs)

    def set_up(self):
        who = {'call_id': self.id, 'from_tag': 'A'}
        answer = self.far_answers(ask('offer', sdp=self.near_sdp(), **who, **self.flags))
        self.near_hears(ask('answer', sdp=answer, to_tag='B', **who))

    def near_says(self, packet):
        NEAR.sock.sendto(packet, self.near_to)

    def far_says(self, packet):
        FAR.sock.sendto(packet, self.far_to)

    def say(self):
        self.seq += 1
        if not self.far_heard:
            self.near_says(rtp(self.seq, TONE, ssrc=2 * self.number + 1))
        if not self.near_heard:
            self.far_says(rtp(self.seq, TONE, pt=self.far_pt, ssrc=2 * self.number + 2))

    def poll(self):
        """For sides that do not listen where all do."""

    def near_got(self, packet):
        self.near_heard |= packet[1] & 0x7f == 0 and len(packet) == 172

    def far_got(self, packet):
        self.far_heard |= packet[1] & 0x7f == self.far_pt

    def spoil(self):
        pass

    def end(self):
        if not self.stays:
            ask('delete', call_id=self.id, from_tag='A')


class Secret(Call):
    """Keys in the description of the near side."""

    def near_sdp(self):
        self.keys = Sdes()
        self.flags = {'transport_protocol': 'RTP/AVP'}
        return self.sdp(NEAR, self.codecs, (self.keys.line,), 'RTP/SAVP')

    def near_hears(self, sdp):
        super().near_hears(sdp)
        self.keys.hear(sdp)

    def near_says(self, packet):
        super().near_says(self.keys.out.protect(packet))

    def near_got(self, packet):
        super().near_got(self.keys.into.unprotect(packet))


class Web(Call):
    """The near side is a browser."""
    flags = {'transport_protocol': 'RTP/AVP', 'ICE': 'remove', 'rtcp_mux': ['demux']}

    def near_sdp(self):
        self.web = WebLeg()
        return self.web.sdp()

    def near_hears(self, sdp):
        self.web.hear(sdp)
        if not self.web.connect():
            lab.check('a browser connects', False, self.id)

    def near_says(self, packet):
        if self.web.out:
            self.web.says(packet)

    def poll(self):
        packet = self.web.hears() if self.web.into else None
        if packet:
            self.near_got(packet)

    def end(self):
        super().end()
        self.web.close()


class Absent(Call):
    """The far side is a browser that never comes: nothing is heard."""
    flags = {'transport_protocol': 'UDP/TLS/RTP/SAVPF', 'ICE': 'force'}

    def set_up(self):
        ask('offer', sdp=self.near_sdp(), call_id=self.id, from_tag='A', **self.flags)
        self.near_heard = self.far_heard = True


class Translated(Call):
    def __init__(self, number, rest):
        super().__init__(number, rest)
        name, pt = (('PCMA', 8), ('PCMA', 8), ('G722', 9), ('opus', None))[number // 25 % 4]
        self.flags = {'codec': {'mask': ['all'], 'transcode': [name]}}
        self.name, self.far_pt = name, pt

    def far_answers(self, sdp):
        self.far_to = FAR.hear(sdp).to
        line = re.search(rf'^a=rtpmap:((\d+) {self.name}/.*?)\r?$', sdp, re.M)
        self.far_pt = int(line[2])
        return self.sdp(FAR, (line[1], CODECS[1]))


class Broken(Call):
    """What comes as the second description is refused, or takes the streams away."""

    def spoil(self):
        plain = self.sdp(NEAR, CODECS)
        second = [
            plain.replace('m=audio', 'm=audio x'),
            plain.replace(f'm=audio {NEAR.port}', 'm=audio 0'),
            plain.replace('RTP/AVP', 'RTP/SAVP'),
            'v=0\r\no=- 1 1 IN IP4 198.18.0.1\r\ns=-\r\nt=0 0\r\n',
        ][self.number // 25 % 4]
        got = proxy.ask('offer', call_id=self.id, from_tag='A', to_tag='B', sdp=second)
        refused = got['result'] == 'error' and got['error-reason']
        rejected = got['result'] == 'ok' and not re.search(r'^m=audio [1-9]', got['sdp'], re.M)
        if not refused and not rejected:
            lab.check(f'{self.id}: a broken second offer is refused', False, got)
        got = proxy.ask('answer', call_id=self.id, from_tag='nobody', to_tag='B', sdp=plain)
        if got['result'] != 'error':
            lab.check(f'{self.id}: an answer to nobody is refused', False, got)


KINDS = [Call] * 9 + [Secret] * 5 + [Web] * 2 + [Absent] * 2 + [Translated] * 5 + [Broken] * 2


def kind(number):
    return KINDS[number % len(KINDS)](number, number % 4 == 0)


# --- what they say ---------------------------------------------------------------------------------------------


def listen(calls, seconds):
    near = {c.near_to: c for c in calls if hasattr(c, 'near_to')}
    far = {c.far_to: c for c in calls if hasattr(c, 'far_to')}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for phone, whose in ((NEAR, near), (FAR, far)):
            phone.sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _ in range(2000):
                    packet, source = phone.sock.recvfrom(2048)
                    call = whose.get(source)
                    if call:
                        call.near_got(packet) if phone is NEAR else call.far_got(packet)
        for call in calls:
            call.poll()
        if all(c.near_heard and c.far_heard for c in calls):
            return True
    return False


def all_hear(calls):
    for _ in range(20):  # the dataplane may be behind the answers to commands; keys wait for a browser's
        for call in calls:
            call.say()
        if listen(calls, 1):
            return True
    return False


# --- what is left ------------------------------------------------------------------------------------------------


def metrics():
    with urllib.request.urlopen('http://127.0.0.1:8080/metrics', timeout=10) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r'^(turnpike_\w+)(?:{core="0"})? ([\d.]+)$', text, re.M)}


PRESENT = ['turnpike_gateway_calls', 'turnpike_gateway_ports', 'turnpike_gateway_pipes', 'turnpike_rooms',
           'turnpike_peers', 'turnpike_sessions', 'turnpike_streams', 'turnpike_flows', 'turnpike_held']


def present():
    now = metrics()
    return {name: int(now[name]) for name in PRESENT}


def process(name):
    pid = os.environ[name]
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        rss = int(re.search(r'VmRSS:\s+(\d+)', status.read())[1])
    return {'rss_kb': rss, 'threads': len(os.listdir(f'/proc/{pid}/task')), 'fds': len(os.listdir(f'/proc/{pid}/fd'))}


def left():
    return {'buffers': sum(port['buffers_used'] for port in lab.show('ports')['ports']),
            **{f'{name.lower()[:-4]}_{k}': v for name in ('CONTROL_PID', 'DATAPLANE_PID')
               for k, v in process(name).items()}}


def one_round(n):
    began = time.monotonic()
    calls = [kind(i + n * CALLS) for i in range(CALLS)]
    for call in calls:
        call.set_up()
    up = time.monotonic()
    lab.equal(f'round {n}: calls at once', present()['turnpike_gateway_calls'], CALLS)
    lab.check(f'round {n}: everybody hears the other', all_hear(calls),
              [(type(c).__name__, c.id, c.near_heard, c.far_heard) for c in calls if not (c.near_heard and c.far_heard)][:5])
    for call in calls:
        call.spoil()
    for call in calls:
        call.end()
    over = time.monotonic()
    gone = lab.until(TIMEOUT + 20, lambda: not any(present().values()))
    lab.check(f'round {n}: nothing is left of them', gone, present())
    lab.check(f'round {n}: every packet is accounted for', lab.until(5, lab.balanced))
    now = left()
    print(f'   round {n}: set up in {up - began:.1f} s, gone after {time.monotonic() - over:.1f} s: {now}', flush=True)
    return now


def main():
    first = last = one_round(1)
    for n in range(2, ROUNDS + 1):
        last = one_round(n)
    for what in first:
        if what.endswith('_kb'):
            lab.check(f'{what}: {first[what]} after the first round, {last[what]} after the last',
                      last[what] - first[what] <= GROWTH_KB)
        elif what == 'buffers':
            lab.check(f'buffers: {first[what]}, {last[what]}', abs(last[what] - first[what]) <= 64)
        else:
            lab.equal(f'{what}: {last[what]}, as after the first round', last[what], first[what])


main()
lab.done()
