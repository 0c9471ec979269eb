# SPDX-License-Identifier: BSD-3-Clause
"""Attacks on calls: who sends what he may not is not heard, whatever he asks costs little, and a neighbour's call does
not notice."""
import json
import os
import re
import time

import lab
from neighbour import Neighbour
from ng import Phone, Proxy, bencode, receiver_report, rtp
from sdes import Sdes

FLOOD = int(os.environ.get('FLOOD', 50000))
RATE = 10000  # packets a second: more of them the queue of a tap device cannot hold, whoever reads it
TONE = bytes(range(160))
EVIL = b'\xee' * 160
PORTS = range(30000, 31000)
proxy = Proxy()


def drops(name):
    return lab.show('drops')['drops'].get(name, 0)


def memory():
    """Resident kB of both processes."""
    return {name: int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{os.environ[name]}/status', encoding='ascii').read())[1])
            for name in ('DATAPLANE_PID', 'CONTROL_PID')}


def cpu_ms(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
        fields = stat.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf('SC_CLK_TCK')


def under_attack(what):
    """With a neighbour's call meanwhile."""
    def wrap(attack):
        def run():
            lab.check(f'{what}: a neighbour speaks', neighbour.start())
            attack()
            got = neighbour.stop()
            lab.check(f'{what}: the neighbour loses at most 1 in 200, and 99 in 100 are there within 50 ms: {got}',
                      got and got['sent'] >= 50 and got['lost'] * 200 <= got['sent'] and got['p99_ms'] <= 50)
        return run
    return wrap


class Pace:
    """RATE calls of next() a second."""

    def __init__(self):
        self.began, self.n = time.monotonic(), 0

    def next(self):
        self.n += 1
        if self.n % 20 == 0:
            time.sleep(max(0, self.began + self.n / RATE - time.monotonic()))


class Call:
    """Two phones, and a thief who knows where each sends."""

    def __init__(self, name, near=None, far=None, **flags):
        self.name = name
        self.a, self.b = near or Phone('198.18.0.1', 40000), far or Phone('198.18.0.1', 41000)
        self.thief = Phone('198.18.0.8', 43000)
        who = {'call_id': name, 'from_tag': 'A', **flags}
        self.b.hear(proxy.ok('offer', sdp=self.a.sdp(), **who))
        self.a.hear(proxy.ok('answer', sdp=self.b.sdp(), to_tag='B', **who))

    def heard(self, phone, seconds=0.3):
        """All that comes in that time, by what it says."""
        got, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            packet = phone.hears(left)
            if packet:
                got.append(packet[0])
        return got

    def steals(self, to, n=20):
        pace = Pace()
        for seq in range(n):
            pace.next()
            self.thief.sock.sendto(rtp(seq % 65536, EVIL, ssrc=0xbad), to)

    def end(self):
        proxy.ok('delete', call_id=self.name, from_tag='A')
        for phone in (self.a, self.b, self.thief):
            phone.sock.close()
            phone.rtcp.close()


def ready():
    """The neighbour's legs and ours."""
    lab.check('the dataplane has both legs', lab.until(5, lambda: len(lab.show('sessions')['sessions']) == 4))


def evil(packets):
    return sum(EVIL in p for p in packets)


def spray(thief):
    """RTP to every port: the thief does not know which is whose."""
    for port in PORTS:
        thief.sock.sendto(rtp(1, EVIL, ssrc=0xbad), ('198.18.0.2', port))


# --- M1: RTP of a third party ------------------------------------------------------------------------------


# covers: R1
@under_attack('M1, sprayed before anybody speaks')
def before_learning():
    """One packet of the thief to every port, then the phones speak: theirs is the call, for good."""
    call = Call('before')
    ready()
    spray(call.thief)
    early = evil(call.heard(call.a)) + evil(call.heard(call.b))
    lab.check('before anybody speaks: no more than was sent to the two', early <= 2, early)
    heard = set()
    for _ in range(10):  # what one says goes to the thief until the other has said something too
        call.a.says(rtp(1, TONE))
        call.b.says(rtp(1, TONE))
        heard |= {name for name, phone in (('a', call.a), ('b', call.b)) if rtp(1, TONE) in call.heard(phone)}
        if len(heard) == 2:
            break
    lab.equal('the phones hear each other', heard, {'a', 'b'})
    call.heard(call.thief, 0.1)
    before = drops('leg_source')
    for _ in range(3):
        spray(call.thief)
        call.a.says(rtp(2, TONE))
        call.b.says(rtp(2, TONE))
    heard = call.heard(call.a) + call.heard(call.b)
    lab.equal('sprayed again: nothing of the thief is heard', evil(heard), 0)
    lab.check('the phones are', len(heard) == 6, len(heard))
    lab.equal('and the thief hears nothing', len(call.heard(call.thief)), 0)
    lab.check('it is counted', lab.until(5, lambda: drops('leg_source') - before >= 6), drops('leg_source') - before)
    call.end()


@under_attack('M1, while and after a phone behind NAT is learned')
def in_and_after_learning():
    """The phone sends from elsewhere than its description says; the thief too, at once and for longer than the window."""
    call, nat = Call('nat'), Phone('198.18.0.7', 42000)
    nat.to = call.a.to
    lab.check('from elsewhere: heard', nat.reaches(call.b, rtp(1, TONE)))
    before = drops('leg_source')
    sent, stolen, end, seq = 0, 0, time.monotonic() + 4, 1
    while time.monotonic() < end:
        call.steals(call.a.to, 50)
        sent += 50
        seq += 1
        nat.says(rtp(seq, TONE))
        stolen += evil(call.heard(call.b, 0.05))
    lab.equal(f'{sent} packets of the thief in four seconds from the first on: forwarded', stolen, 0)
    lab.check('each is counted', lab.until(5, lambda: drops('leg_source') - before >= sent), drops('leg_source') - before)
    call.b.says(rtp(1, TONE))
    lab.check('the answer goes to the phone, not the thief', nat.hears() and not call.thief.hears(0.2))
    call.steals(call.a.to, FLOOD)
    lab.equal(f'{FLOOD} more: forwarded', evil(call.heard(call.b)), 0)
    for _ in range(20):
        call.thief.rtcp.sendto(receiver_report(0xbad), call.a.to_rtcp)
        call.thief.sock.sendto(receiver_report(0xbad), call.a.to_rtcp)
    lab.check('RTCP from elsewhere is not forwarded', not call.b.hears(0.3, rtcp=True))
    lab.check('the phone is heard', nat.reaches(call.b, rtp(9, TONE)))
    nat.sock.close()
    nat.rtcp.close()
    call.end()


def window_abuse():
    """The thief is the first, and goes on: no more than he may before the described phone speaks, nothing after; and
    with strict-source nothing at all."""
    call = Call('window')
    ready()
    call.steals(call.a.to, 4)
    lab.check('he is first: four are heard', evil(call.heard(call.b)) == 4)
    lab.check('the described phone speaks: heard', call.a.reaches(call.b, rtp(1, TONE)))
    call.steals(call.a.to, 1000)
    lab.equal('then none of his', evil(call.heard(call.b)), 0)
    call.b.says(rtp(1, TONE))
    lab.check('the answer is for the phone', call.a.hears() and not call.thief.hears(0.2))
    call.end()
    call = Call('strict', flags=['strict-source'])
    call.steals(call.a.to, 1000)
    lab.equal('strict-source: none from the first on', evil(call.heard(call.b, 0.5)), 0)
    call.b.says(rtp(1, TONE))
    lab.check('and nothing for him', call.a.hears() and not call.thief.hears(0.2))
    call.end()


# --- M2, M5: a leg with keys -----------------------------------------------------------------------------------


class SecretCall(Call):
    def __init__(self, name):
        self.keys = Sdes()
        near = Phone('198.18.0.1', 40000, proto='RTP/SAVP', lines=(self.keys.line,))
        super().__init__(name, near, transport_protocol='RTP/AVP')
        self.keys.hear(self.a.sdp_seen)
        self.seq = 0

    def goes_on(self, what):
        self.seq += 1
        packet = rtp(self.seq, TONE)
        self.a.says(self.keys.out.protect(packet))
        lab.check(f'{what}: the call goes on', lab.until(5, lambda: packet in self.heard(self.b)))


# covers: R2
@under_attack('M2')
def not_authentic():
    """From the thief, and as if from the phone: nothing is forwarded, and the phone loses none."""
    call = SecretCall('forged')
    call.goes_on('M2, before')
    before, size, rss = drops('srtp_auth') + drops('srtp_replay'), os.path.getsize(os.environ['LOG']), memory()
    forged = [rtp(i, os.urandom(170), ssrc=0x1234) for i in range(64)]
    heard = lost = 0
    pace = Pace()
    for n in range(FLOOD // 100):
        for i in range(50):
            pace.next()
            pace.next()
            call.a.says(forged[(n + i) % 64])
            call.thief.sock.sendto(forged[i], call.a.to)
        call.seq += 1
        packet = rtp(call.seq, TONE)
        call.a.says(call.keys.out.protect(packet))
        got = call.b.hears(1)
        lost += got is None
        heard += got is not None and got[0] != packet
    lab.equal(f'M2, {FLOOD} that are not authentic: forwarded', heard, 0)
    lab.check(f'M2, of {FLOOD // 100} that are: lost at most 1 in 1000', lost * 1000 <= FLOOD // 100, lost)
    counted = drops('srtp_auth') + drops('srtp_replay') - before
    lab.check('M2, those of the phone\'s own address are counted', counted >= FLOOD * 0.45, counted)
    lab.check('M2, memory is flat', all(memory()[n] - rss[n] <= 1024 for n in rss), (rss, memory()))
    lab.check('M2, no log line for each', os.path.getsize(os.environ['LOG']) - size < 10000)
    call.goes_on('M2, after')
    call.end()


# covers: R5
@under_attack('M5')
def ssrc_floods():
    """A new SSRC in each packet, authentic, both ways through a leg with keys."""
    call = SecretCall('ssrcs')
    call.goes_on('M5, before')
    lab.check('M5, the way back, before', call.b.reaches(call.a, rtp(1, TONE)))
    rss, beyond = memory(), drops('bridge_ssrc')
    streams = max(r['streams'] for r in lab.show('sessions')['sessions'])
    pace = Pace()
    for ssrc in range(10000, 10000 + FLOOD // 5):
        pace.next()
        call.a.says(call.keys.out.protect(rtp(1, TONE, ssrc=ssrc)))
        call.b.says(rtp(1, TONE, ssrc=ssrc))
        if ssrc % 100 == 0:
            call.heard(call.b, 0.001)
            streams = max(streams, *(r['streams'] for r in lab.show('sessions')['sessions'])) if ssrc % 1000 == 0 else streams
    lab.check(f'M5, {FLOOD // 5} SSRCs: at most 32 of them are kept', streams <= 32, streams)
    lab.check('M5, memory is flat', all(memory()[n] - rss[n] <= 1024 for n in rss), (rss, memory()))
    lab.check('M5, those beyond what a leg with keys sends are counted', drops('bridge_ssrc') > beyond)
    call.goes_on('M5, after')
    call.heard(call.a, 0.2)
    lab.check('M5, the way back, after', call.b.reaches(call.a, rtp(2, TONE)))
    call.end()


# --- P2: bombs -----------------------------------------------------------------------------------------------------


def described(*lines):
    return '\r\n'.join(['v=0', 'o=- 1 1 IN IP4 198.18.0.1', 's=-', 'c=IN IP4 198.18.0.1', 't=0 0', *lines, ''])


def offer_of(*lines, **more):
    return bencode({'command': 'offer', 'call-id': 'bomb', 'from-tag': 'A', 'sdp': described(*lines), **more})


AUDIO = 'm=audio 4000 RTP/AVP 0'
BOMBS = {
    'dictionaries in one another': b'd1:a' * 15000,
    'lists in one another': b'l' * 60000,
    'lists in one another, closed': b'l' * 30000 + b'e' * 30000,
    'a length of 60000 digits': b'9' * 60000 + b':',
    'a length of 2 GB': b'd2147483647:x',
    'a length that wraps': b'd18446744073709551617:x',
    'a negative length': b'd-1:xe',
    'an integer of 60000 digits': b'd1:ai' + b'9' * 60000 + b'ee',
    'an integer that never ends': b'd1:ai1',
    '20000 values': b'd1:al' + b'i0e' * 20000 + b'ee',
    '7000 keys': b'd' + b''.join(b'%d:%di0e' % (len(str(i)), i) for i in range(7000)) + b'e',
    'one key 8000 times, with lists that add up': b'd' + b'1:ali0ee' * 7000 + b'e',
    'NUL in a text': b'd7:command4:pi\0ge',
    'a text of no UTF-8': b'd7:command4:\xff\xfe\xfd\xfce',
    'JSON arrays in one another': b'{"command":' + b'[' * 60000,
    'JSON objects in one another': b'{"a":' * 12000,
    'JSON, closed': b'{"a":' * 6000 + b'1' + b'}' * 6000,
    'JSON numbers out of reach': b'{"command":1e999}',
    'JSON integers out of reach': b'{"command":' + b'9' * 60000 + b'}',
    'JSON halves of a character': b'{"command":"\\ud800"}',
    'JSON, 4500 keys': json.dumps({str(i): i for i in range(4500)}).encode(),
    'a command of 60000 bytes': bencode({'command': 'x' * 60000}),
    'a call-id of 60000 bytes': bencode({'command': 'delete', 'call-id': 'x' * 60000}),
    'tags of 30000 bytes': bencode({'command': 'offer', 'call-id': 'bomb', 'from-tag': 'x' * 30000, 'to-tag': 'y' * 30000,
                                    'sdp': described(AUDIO)}),
    'no description in a description': bencode({'command': 'offer', 'call-id': 'bomb', 'from-tag': 'A', 'sdp': '='}),
    'flags in one another': bencode({'command': 'ping', 'rtpp-flags': '[' * 60000}),
    'flags in one another, closed': bencode({'command': 'offer', 'call-id': 'bomb', 'from-tag': 'A', 'sdp': described(AUDIO),
                                             'rtpp-flags': '[' * 20000 + ']' * 20000}),
    '10000 flags': bencode({'command': 'offer', 'call-id': 'bomb', 'from-tag': 'A', 'sdp': described(AUDIO),
                            'rtpp-flags': 'x ' * 10000}),
    '4000 codecs to make': offer_of(AUDIO, codec={'transcode': ['opus'] * 4000}),
    '6000 sections': offer_of(*['m=a 1 x 0'] * 5400),
    '2600 audio sections': offer_of(*[AUDIO] * 2600),
    '10000 attributes': offer_of(AUDIO, *['a=x'] * 10000),
    '20000 payload types': offer_of('m=audio 4000 RTP/AVP' + ' 0' * 20000),
    '3000 a=rtpmap': offer_of(AUDIO, *['a=rtpmap:0 PCMU/8000'] * 2700),
    '1000 candidates': offer_of(AUDIO, *['a=candidate:1 1 udp 1 198.18.0.1 4000 typ host'] * 1100),
    '800 keys': offer_of('m=audio 4000 RTP/SAVP 0', *['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:' + 'A' * 40] * 750),
    '500 fingerprints': offer_of('m=audio 4000 UDP/TLS/RTP/SAVPF 0', *['a=fingerprint:sha-256 ' + ':'.join(['AA'] * 32)] * 500),
    '3000 bundles': offer_of('a=group:BUNDLE' + ' 0' * 3000, *['a=group:BUNDLE 0'] * 3000, AUDIO, 'a=mid:0'),
    'a line of 60000 bytes': offer_of(AUDIO, 'a=' + 'x' * 60000),
    'a name of 60000 bytes': offer_of('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 ' + 'x' * 60000 + '/8000'),
    'fmtp of 60000 bytes': offer_of('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2', 'a=fmtp:96 ' + 'x=1;' * 15000),
    'ports out of reach': offer_of('m=audio 99999999999999999999 RTP/AVP 0'),
    'no line ends': offer_of('m=audio 4000 RTP/AVP 0' + 'x' * 60000),
}


@under_attack('P2')
def bombs():
    pid, worst, dear, silent, rss = os.environ['CONTROL_PID'], 0, [], [], memory()
    for what, bomb in BOMBS.items():
        before = cpu_ms(pid)
        for i in range(100):
            answer = proxy.raw(b'bomb%s.%d ' % (str(abs(hash(what))).encode(), i) + bomb)
            if b'result' not in answer:
                silent.append((what, answer))
        each = (cpu_ms(pid) - before) / 100
        worst = max(worst, each)
        if each > 20:
            dear.append((what, each))
        proxy.ask('delete', call_id='bomb')
    lab.equal(f'{len(BOMBS)} bombs, 100 times each: each got an answer with a result', silent, [])
    lab.equal(f'none costs more than 20 ms (the worst {worst} ms)', dear, [])
    grown = memory()['CONTROL_PID'] - rss['CONTROL_PID']
    lab.check(f'memory grows by the 4 MiB of answers that are kept, and what one of them costs: {grown} kB', grown <= 12288)
    lab.check('only the neighbour is there', lab.until(5, lambda: proxy.ask('list')['calls'] == ['neighbour']))


@under_attack('cookies')
def cookie_floods():
    """Each another cookie, and none that is one."""
    pinged = bencode({'command': 'ping'})
    for i in range(2000):
        proxy.raw(b'warm%d ' % i + pinged)
    rss = memory()
    for i in range(FLOOD // 2):
        proxy.raw(b'flood%d ' % i + pinged)
    grown = memory()['CONTROL_PID'] - rss['CONTROL_PID']
    lab.check(f'{FLOOD // 2} cookies: memory is flat', grown <= 1024, grown)
    for bad in (b'', b' ', b'\0' * 100, b'x' * 65000, b'x' * 256 + b' ' + pinged, b'a\x01 ' + pinged, os.urandom(60000),
                b'nothing-behind', b'blank-behind '):
        proxy.sock.sendto(bad, proxy.server)
    other = Proxy()
    lab.equal('after datagrams of no cookie, one of 255 bytes: pong', other.raw(b'x' * 255 + b' ' + pinged)[256:],
              bencode({'result': 'pong'}))


def nothing():
    time.sleep(2)


def main():
    under_attack('no attack')(nothing)()
    before_learning()
    in_and_after_learning()
    window_abuse()
    not_authentic()
    ssrc_floods()
    bombs()
    cookie_floods()
    last = Proxy()
    last.ok('delete', call_id='neighbour')
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']), lab.show('sessions'))
    lab.check('every packet is accounted for', lab.until(5, lab.balanced))


neighbour = Neighbour(proxy)
main()
lab.done()
