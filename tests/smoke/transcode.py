# SPDX-License-Identifier: BSD-3-Clause
"""Tones and keys through the codecs of both sides, at once and both ways."""
import asyncio
import audioop
import math
import re
import struct

import lab
from ng import Phone, Proxy, rtp
from webcall import Browser, frequency

EVENTS = '101 telephone-event/8000'
CODECS = {'PCMU': '0 PCMU/8000', 'PCMA': '8 PCMA/8000'}


def encode(name, samples):
    raw = struct.pack(f'<{len(samples)}h', *samples)
    return audioop.lin2ulaw(raw, 2) if name == 'PCMU' else audioop.lin2alaw(raw, 2)


def decode(name, payload):
    raw = audioop.ulaw2lin(payload, 2) if name == 'PCMU' else audioop.alaw2lin(payload, 2)
    return list(struct.unpack(f'<{len(raw) // 2}h', raw))


class Talker:
    """A phone that says a tone without end, and keeps what comes."""

    def __init__(self, port, codec, hz):
        self.codec, self.hz = codec, hz
        self.phone = Phone('198.18.0.1', port, codecs=(CODECS[codec], EVENTS))
        self.packets, self.seq, self.key = [], 0, None

    async def talk(self, seconds):
        loop, began = asyncio.get_running_loop(), None
        self.phone.sock.setblocking(False)
        for n in range(int(seconds * 50)):
            began = began or loop.time()
            self.say(n)
            await asyncio.sleep(max(0, began + n / 50 - loop.time()))
            while True:
                try:
                    self.packets.append(self.phone.sock.recv(2048))
                except BlockingIOError:
                    break

    def say(self, n):
        self.seq += 1
        if self.key and self.key[1] <= n < self.key[1] + 8:  # eight packets, the last three the end
            at = n - self.key[1]
            event = struct.pack('!BBH', self.key[0], 10 | (at > 4) << 7, min(at + 1, 6) * 160)
            self.phone.says(rtp(self.seq, event, 101, ts=self.key[1] * 160))
            return
        samples = [int(12000 * math.sin(2 * math.pi * self.hz * (n * 160 + i) / 8000)) for i in range(160)]
        self.phone.says(rtp(self.seq, encode(self.codec, samples), int(CODECS[self.codec].split()[0]), ts=n * 160))

    def heard(self, codec=None):
        """(audio samples, keys) of what came, in order; and whether numbers and times are without a gap."""
        samples, keys, ts = [], [], set()
        heads = [struct.unpack('!BBHII', p[:12]) for p in self.packets]
        for p, h in zip(self.packets, heads):
            if h[1] & 0x7f == 101:
                if h[3] not in ts:
                    keys.append(p[12])
                ts.add(h[3])
            else:
                samples += decode(codec or self.codec, p[12:])
        steady = all((b[2] - a[2]) % 65536 == 1 for a, b in zip(heads, heads[1:])) and len({h[4] for h in heads}) == 1
        return samples, keys, steady


def near(got, hz):
    return abs(got - hz) < hz * 0.02


async def phones():
    """µ-law to A-law and back, with a key from each side."""
    proxy = Proxy()
    a, b = Talker(40000, 'PCMU', 400), Talker(41000, 'PCMA', 700)
    flags = {'call_id': 't1', 'from_tag': 'A'}
    b.phone.hear(proxy.ok('offer', sdp=a.phone.sdp(), codec={'mask': ['all'], 'transcode': ['PCMA']}, **flags))
    seen = b.phone.sdp_seen
    lab.check('the other side is offered PCMA, and keys', re.search(r'^m=audio \d+ RTP/AVP (101 8|8 101)\r?$', seen, re.M)
              and 'PCMA/8000' in seen and 'PCMU' not in seen, seen)
    a.phone.hear(proxy.ok('answer', sdp=b.phone.sdp(), to_tag='B', **flags))
    seen = a.phone.sdp_seen
    lab.check('the offerer is answered with its own', re.search(r'^m=audio \d+ RTP/AVP 0 101\r?$', seen, re.M)
              and 'PCMA' not in seen, seen)
    a.key, b.key = (5, 60), (11, 100)
    await asyncio.gather(a.talk(4), b.talk(4))
    for who, tone, key, name in ((a, 700, 11, 'the first'), (b, 400, 5, 'the second')):
        samples, keys, steady = who.heard()
        lab.check(f'{name} hears about all of it', 180 <= len(who.packets) <= 201, len(who.packets))
        lab.check(f'{name}: the tone', near(frequency(samples[8000:], 8000), tone), frequency(samples[8000:], 8000))
        lab.equal(f'{name}: the key, once', keys, [key])
        lab.check(f'{name}: one stream without gaps', steady)
    proxy.ok('delete', call_id='t1', from_tag='A')


async def conversation(browser, talker, what):
    lab.check(f'{what}: connected', await browser.connected(), browser.pc.connectionState)
    talking = asyncio.ensure_future(talker.talk(5))
    samples, rate = await browser.listen(200)
    got = frequency(samples[-rate:], rate)
    lab.check(f'{what}: the browser hears the phone', near(got, talker.hz), got)
    await talking
    samples, _, steady = talker.heard()
    got = frequency(samples[-8000:], 8000)
    lab.check(f'{what}: the phone hears the browser', near(got, 500), got)
    lab.check(f'{what}: as one stream without gaps', steady)


async def browser_calls():
    proxy, browser, talker = Proxy(), Browser(['opus']), Talker(41000, 'PCMU', 700)
    flags = {'call_id': 't2', 'from_tag': 'A'}
    talker.phone.hear(proxy.ok('offer', sdp=await browser.offer(), transport_protocol='RTP/AVP', ICE='remove',
                               rtcp_mux=['demux'], codec={'mask': ['opus'], 'transcode': ['PCMU', 'PCMA']}, **flags))
    seen = talker.phone.sdp_seen
    lab.check('the phone is offered G.711 alone', 'PCMU/8000' in seen and 'opus' not in seen, seen)
    answer = proxy.ok('answer', sdp=talker.phone.sdp(), to_tag='B', **flags)
    lab.check('the browser is answered with opus', 'opus/48000/2' in answer and 'PCMU' not in answer, answer)
    await browser.hears(answer)
    await conversation(browser, talker, 'browser calls phone')
    await browser.pc.close()
    proxy.ok('delete', call_id='t2', from_tag='A')


async def phone_calls():
    proxy, browser, talker = Proxy(), Browser(['opus']), Talker(41000, 'PCMU', 700)
    flags = {'call_id': 't3', 'from_tag': 'A'}
    offer = proxy.ok('offer', sdp=talker.phone.sdp(), transport_protocol='UDP/TLS/RTP/SAVPF', ICE='force',
                     codec={'transcode': ['opus']}, **flags)
    lab.check('the browser is offered opus too', 'opus/48000/2' in offer and 'PCMU' in offer, offer)
    answer = await browser.answer(offer)
    talker.phone.hear(proxy.ok('answer', sdp=answer, to_tag='B', **flags))
    lab.check('the phone is answered with PCMU', 'PCMU' in talker.phone.sdp_seen and 'opus' not in talker.phone.sdp_seen,
              talker.phone.sdp_seen)
    await conversation(browser, talker, 'phone calls browser')
    await browser.pc.close()
    proxy.ok('delete', call_id='t3', from_tag='A')


def main():
    asyncio.run(phones())
    asyncio.run(browser_calls())
    asyncio.run(phone_calls())
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))
    lab.check('every packet is accounted for', lab.until(5, lab.balanced))


main()
lab.done()
