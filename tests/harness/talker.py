# SPDX-License-Identifier: BSD-3-Clause
"""A phone that speaks: a tone in G.711, a key, and what it hears."""
import asyncio
import math
import struct
import warnings

from ng import Phone, rtp

with warnings.catch_warnings():  # it goes with Python 3.13; Debian 12 has 3.11
    warnings.simplefilter('ignore')
    import audioop

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


def frequency(samples, rate):
    """Of a tone: Hz, the median of quarters of a second: where a busy machine made a gap does not count."""
    window = rate // 4
    each = sorted(crossings(samples[i:i + window], rate) for i in range(0, len(samples) - window + 1, window))
    return each[len(each) // 2] if each else 0


def crossings(samples, rate):
    """Hz, by the rising zero crossings."""
    rising = [i for i in range(1, len(samples)) if samples[i - 1] < 0 <= samples[i]]
    return (len(rising) - 1) * rate / (rising[-1] - rising[0]) if len(rising) > 2 else 0
