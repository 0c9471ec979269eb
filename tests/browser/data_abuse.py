# SPDX-License-Identifier: BSD-3-Clause
"""One member misuses SCTP and data channels in every way; the others, and what is left."""
import asyncio
import contextlib
import json
import os
import random
import re
import statistics
import struct
import subprocess
import sys
import time

from aiortc import rtcsctptransport as sctp

import lab
from aiortc_data import Channel, connect
from aiortc_peer import BASE, end, http, until
from fault import pid_of

MANY = 20000
RSS_GROWTH_KIB = 64 << 10
OPEN = struct.pack('!BBHLHH', 3, 0, 0, 0, 1, 0) + b'x'


# --- the neighbour ---------------------------------------------------------------------------------------------------

async def neighbour():
    """A line 'TIME MILLISECONDS' for each echo, until stdin ends."""
    pc, (channel,), _, location = await connect('/whip/echo', [('mine', {})])
    assert await until(10, lambda: channel.open)
    stop = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    while not stop.done():
        began = time.monotonic()
        channel.send('x' * 100)
        while not channel.heard and time.monotonic() < began + 10:
            await asyncio.sleep(0.001)
        print(began, 1000 * (time.monotonic() - began) if channel.heard else 1e9, flush=True)
        channel.heard.clear()
        await asyncio.sleep(0.02)
    await end(pc, location)


class Neighbour:
    def __init__(self):
        self.rows = []
        self.process = subprocess.Popen([sys.executable, __file__, 'neighbour'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.task = asyncio.ensure_future(asyncio.to_thread(self.read))

    def read(self):
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):  # a line of lab.check
                self.rows.append(tuple(map(float, line.split())))

    def since(self, began):
        return [ms for at, ms in self.rows if at >= began]

    async def stop(self):
        self.process.stdin.close()
        await self.task
        lab.equal('the neighbour ends well', self.process.wait(10), 0)


# --- what the engine says of itself ------------------------------------------------------------------------------------

def rss():
    with open(f'/proc/{pid_of("control")}/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))


def metrics():
    rows = (line.rsplit(' ', 1) for line in http('GET', BASE + '/metrics')[2].splitlines() if line[:1] != '#')
    return {name.removeprefix('turnpike_data_'): float(value) for name, value in rows
            if name.startswith('turnpike_data_')}


def rows():
    return json.loads(http('GET', BASE + '/api/v1/data')[2])['data']


# --- attacks: what SCTP of an attacker does -----------------------------------------------------------------------------

class Attacker:
    def __init__(self, pc):
        self.sctp = pc.sctp
        self.sctp._data_channel_receive = self.hear  # what comes back is for channels that aiortc does not know
        self.n = 0

    async def hear(self, *_):
        pass

    async def packet(self, packet):
        with contextlib.suppress(ConnectionError):  # we were cut off: that is allowed
            await self.sctp.transport._send_data(packet)
        self.n += 1
        if self.n % 20 == 0:
            await asyncio.sleep(0)

    async def chunk(self, chunk, tag=None):
        await self.packet(sctp.serialize_packet(5000, 5000, self.sctp._remote_verification_tag if tag is None else tag,
                                                chunk))

    def data(self, stream, ppid, body, flags=3, stream_seq=0):
        chunk = sctp.DataChunk(flags)
        chunk.tsn, self.sctp._local_tsn = self.sctp._local_tsn, sctp.tsn_plus_one(self.sctp._local_tsn)
        chunk.stream_id, chunk.stream_seq, chunk.protocol, chunk.user_data = stream, stream_seq, ppid, body
        return chunk

    async def through(self, stream, ppid, body, ordered=True):
        """As a message that is sent again until it is acknowledged."""
        await self.sctp._send(stream, ppid, body, ordered=ordered)
        for _ in range(1000):
            if len(self.sctp._outbound_queue) < 100:
                return
            await asyncio.sleep(0.005)


# covers: K3
async def init_flood(a):
    for _ in range(MANY):
        chunk = sctp.InitChunk()
        chunk.initiate_tag, chunk.initial_tsn = random.getrandbits(32), random.getrandbits(32)
        chunk.advertised_rwnd, chunk.outbound_streams, chunk.inbound_streams = 1 << 17, 65535, 65535
        await a.chunk(chunk, random.choice((0, None)))


# covers: K3
async def cookie_junk(a):
    for _ in range(MANY):
        await a.chunk(sctp.CookieEchoChunk(body=os.urandom(random.randrange(4, 1000))))


# covers: K3
async def tsn_jumps(a):
    for i in range(MANY):
        chunk = sctp.ForwardTsnChunk()
        chunk.cumulative_tsn = (a.sctp._local_tsn + random.choice((1, 100, 1 << 16, 1 << 31)) + i) & 0xffffffff
        chunk.streams = [(random.getrandbits(16), random.getrandbits(16)) for _ in range(random.randrange(200))]
        await a.chunk(chunk)


# covers: K3
async def bad_crc(a):
    for i in range(MANY):
        packet = bytearray(sctp.serialize_packet(5000, 5000, a.sctp._remote_verification_tag,
                                                 a.data(i % 1024, 51, b'evil')))
        packet[random.randrange(len(packet))] ^= 1 << random.randrange(8)
        await a.packet(bytes(packet))
    a.sctp._local_tsn = a.data(0, 51, b'').tsn - MANY & 0xffffffff


# covers: K2
async def ten_thousand_opens(a):
    for i in range(10000):
        await a.through(i * 2 % 1024, 50, OPEN)


# covers: K2
async def streams_beyond(a):
    for i in range(MANY):
        await a.chunk(a.data(1024 + i * 21 % 64000, random.choice((50, 51, 53)), OPEN))


# covers: K2
async def malformed_dcep(a):
    for i in range(MANY):
        kind = i % 4
        body = (os.urandom(random.randrange(1, 40)) if kind == 0 else
                struct.pack('!BBHLHH', 3, random.getrandbits(8), 0, 0, 65535, 65535) + b'short' if kind == 1 else
                OPEN[:random.randrange(1, 13)] if kind == 2 else b'\x02')
        await a.through(i % 1024, 50, body)


# covers: K3
async def reset_storm(a):
    for i in range(MANY):
        chunk = sctp.ReconfigChunk()
        streams = [random.getrandbits(16) if i % 2 else i % 1024 for _ in range(i % 40)]
        seq = a.sctp._reconfig_request_seq + random.choice((0, i, random.getrandbits(32)))
        param = sctp.StreamResetOutgoingParam(seq & 0xffffffff, random.getrandbits(32),
                                              (a.sctp._local_tsn + random.randrange(-3, 3)) & 0xffffffff, streams)
        chunk.params.append((13 + i % 6, bytes(param)))
        await a.chunk(chunk)


# covers: K2
async def never_reads(a):
    """A window of zero, and as much as the engine takes for an echo of it."""
    a.sctp._advertised_rwnd = 0
    began = time.monotonic()
    await a.through(0, 50, OPEN)
    for _ in range(600):
        if time.monotonic() > began + 3:
            break
        await a.through(0, 53, bytes(60000))


# covers: K2
async def half_closed(a):
    """Our half of each channel goes; its reset of the other half is never answered."""
    async def deaf(_):
        pass
    a.sctp._receive_reconfig_param = deaf
    for i in range(2000):
        await a.through(2 * i % 1024, 50, OPEN)
        param = sctp.StreamResetOutgoingParam(a.sctp._reconfig_request_seq, a.sctp._reconfig_response_seq,
                                              sctp.tsn_minus_one(a.sctp._local_tsn), [2 * i % 1024])
        a.sctp._reconfig_request_seq = sctp.tsn_plus_one(a.sctp._reconfig_request_seq)
        await a.sctp._send_reconfig_param(param)


# covers: K2
async def no_end(a, flags=2):
    for i in range(20000):
        if i < 1024 or a.sctp.state == 'connected':
            await a.chunk(a.data(i % 1024, 53, bytes(1000), flags=flags if i < 1024 else 0))


# covers: K2
async def no_end_unordered(a):
    await no_end(a, 6)


# covers: K2
async def one_message_without_end(a):
    for i in range(5000):
        await a.chunk(a.data(0, 53, bytes(1000), flags=0 if i else 2))


ATTACKS = [init_flood, cookie_junk, tsn_jumps, bad_crc, ten_thousand_opens, streams_beyond, malformed_dcep,
           reset_storm, never_reads, half_closed, no_end, no_end_unordered, one_message_without_end]
# the reason that counts it; what is not here does no more than waste packets
REFUSES = {init_flood: 'init', bad_crc: 'checksum', ten_thousand_opens: 'channels', malformed_dcep: 'dcep',
           no_end: 'given_up', no_end_unordered: 'given_up', one_message_without_end: 'too_big'}


async def attack(of, victim, start):
    before = await asyncio.to_thread(metrics)
    pc, (channel,), _, location = await connect('/whip/echo', [('c', {})])
    await until(10, lambda: channel.open)
    lab.check(f'{of.__name__}: an association', channel.open)
    attacker, began = Attacker(pc), time.monotonic()
    with contextlib.suppress(asyncio.TimeoutError, ConnectionError):  # cut off
        await asyncio.wait_for(of(attacker), 8)
    took = time.monotonic() - began
    now = rss()
    held = next((r for r in await asyncio.to_thread(rows) if r['connection'] in location), None)
    after = await asyncio.to_thread(metrics)
    await until(5, lambda: len(victim.since(began)) >= 5)  # some attacks are over before one of them
    echoes = victim.since(began)
    counted = {k: int(v - before[k]) for k, v in after.items() if v != before[k] and '_total' in k
               and k not in ('messages_total', 'bytes_total', 'delivered_total', 'associations_total')}
    counted = {re.sub(r'refused_total{reason="(.*)"}', r'\1', k): n for k, n in counted.items()}
    print(f'    {of.__name__}: {attacker.n} packets in {took:.2f} s, echo median {statistics.median(echoes or [0]):.1f} ms, worst '
          f'{max(echoes or [0]):.0f} ms of {len(echoes)}; control {now / 1024:.0f} MiB; association '
          + (f'up={held["up"]} channels {len(held["channels"])} refused {held["refused"]} packets {held["packets_in"]}' if held else 'ended')
          + f'; {counted}', flush=True)
    lab.check(f'{of.__name__}: the neighbour is served', echoes and statistics.median(echoes) < 50
              and max(echoes) < 2000, (statistics.median(echoes or [0]), max(echoes or [0])))
    lab.check(f'{of.__name__}: memory of control', now - start < RSS_GROWTH_KIB, f'{start} to {now} KiB')
    lab.check(f'{of.__name__}: channels are bounded', not held or len(held['channels']) <= 256)
    if of in REFUSES:
        lab.check(f'{of.__name__}: counted as {REFUSES[of]}', counted.get(REFUSES[of], 0) > 0, counted)
    await asyncio.to_thread(http, 'DELETE', BASE + location)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(pc.close(), 5)
    await asyncio.sleep(0.2)
    lab.check(f'{of.__name__}: only the neighbour is left', len(await asyncio.to_thread(rows)) == 1)


async def main():
    victim = Neighbour()
    try:
        await under_attack(victim)
    finally:
        victim.process.kill()


async def under_attack(victim):
    wanted = sys.argv[1:]
    lab.check('the neighbour is there', await until(15, lambda: len(victim.rows) > 10))
    start = rss()
    for of in ATTACKS:
        if not wanted or of.__name__ in wanted:
            await attack(of, victim, start)
    again = rss()
    await victim.stop()
    left = await asyncio.to_thread(metrics)
    lab.equal('nothing is left', (await asyncio.to_thread(rows), left['associations'], left['channels'],
                                  left['queued_bytes']), ([], 0, 0, 0))
    print(f'    control: {start / 1024:.1f} MiB before, {again / 1024:.1f} MiB after')


if __name__ == '__main__':
    asyncio.run(neighbour() if sys.argv[1:] == ['neighbour'] else main())
    if sys.argv[1:] != ['neighbour']:
        lab.done()
    sys.exit(lab.failed > 0)
