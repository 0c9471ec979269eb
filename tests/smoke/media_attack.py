# SPDX-License-Identifier: BSD-3-Clause
"""Attacks (security.md): a race of ClientHellos, set-ups that nobody finishes, every first byte and length; while
aiortc clients connect to the room `echo` and hear themselves."""
import asyncio
import contextlib
import http.client
import os
import re
import socket
import struct
import threading
import time

import aiortc
import OpenSSL
from aiortc.mediastreams import AudioStreamTrack

import lab
from turnclient import BINDING, REQUEST, USERNAME, build

MEDIA = (lab.server(1), 3480)
VICTIMS = 20
CAP = 16  # half of the sessions
# a ClientHello whose only cipher is none
HELLO = bytes.fromhex('16fefd000000000000000000360100002a000000000000002afefd') + bytes(32) + b'\0\0\0\2\0\0\1\0'
HELLO = HELLO[:11] + struct.pack('!H', len(HELLO) - 13) + HELLO[13:]
MALFORMED = [
    HELLO[:13] + b'\x01\0\0\x2a\0\0\0\0\0\0\0\x2a' + b'\xff' * 42,  # a hello that is none
    b'\x15\xfe\xfd' + bytes(8) + b'\0\2\2\x28',  # a fatal alert
    b'\x16\xfe\xfd\0\0\xff\xff\xff\xff\xff\xf0' + HELLO[11:],  # far ahead
    b'\x14\xfe\xfd' + bytes(8) + b'\0\1\1',
    b'\x16\xfe\xfd\0\1' + bytes(6) + b'\0\x20' + bytes(32),
    b'\x16\xfe\xfd' + bytes(8) + b'\xff\xff',
    b'\x16',
    HELLO,
]


class Spoofer:
    """UDP with any source, from the attacker's link. Checksum 0: none."""

    def __init__(self):
        with lab.namespace('attacker'):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, source, port, payload):
        head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0, socket.inet_aton(source),
                           socket.inet_aton(MEDIA[0]))
        udp = struct.pack('!HHHH', port, MEDIA[1], 8 + len(payload), 0)
        with contextlib.suppress(BlockingIOError):
            self.sock.sendto(head + udp + payload, (MEDIA[0], 0))


class Race(threading.Thread):
    """Sprays ClientHellos from many ports of its own, and broken records from the victims' addresses."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socks = [lab.udp('attacker', lab.host(2)) for _ in range(100)]
        self.spoofer, self.victims, self.n, self.answers, self.over = Spoofer(), set(), 0, 0, False

    def run(self):
        while not self.over:
            for i, sock in enumerate(self.socks):
                sock.sendto(HELLO, MEDIA)
                self.n += 1
                if i % 20 == 0:
                    self.from_victims(i // 20)
                    time.sleep(0.002)
            self.listen()

    def from_victims(self, which):
        for port in list(self.victims):
            self.spoofer.send(lab.host(1), port, MALFORMED[(which + self.n // 100) % len(MALFORMED)])

    def listen(self):
        for sock in self.socks:
            with contextlib.suppress(BlockingIOError):
                sock.recv(2048, socket.MSG_DONTWAIT)
                self.answers += 1


class From(http.client.HTTPConnection):
    """HTTP from a host of the lab."""

    def __init__(self, name, link):
        super().__init__(f'10.99.{link}.1', 8080, timeout=10)
        self.name = name

    def connect(self):
        with lab.namespace(self.name):
            self.sock = socket.create_connection((self.host, self.port), 10)


def request(method, path, body=None, name='client', link=1):
    con = From(name, link)
    try:
        con.request(method, path, body, {'Content-Type': 'application/sdp'} if body else {})
        answer = con.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        con.close()


def sdp_port(sdp):
    """The port of its candidate on the link to the media port."""
    return int(re.search(r'a=candidate:\S+ 1 udp \d+ ' + re.escape(lab.host(1)) + r' (\d+) typ host', sdp)[1])


class Victim:
    """An aiortc client of the room `echo`."""

    def __init__(self):
        self.pc, self.frames, self.task, self.location, self.status = aiortc.RTCPeerConnection(), 0, None, None, 0

    async def count(self, track):
        with contextlib.suppress(aiortc.mediastreams.MediaStreamError):
            while True:
                await track.recv()
                self.frames += 1

    async def offer(self):
        self.pc.on('track', lambda t: setattr(self, 'task', asyncio.ensure_future(self.count(t))))
        self.pc.addTransceiver(AudioStreamTrack(), direction='sendrecv')
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self.port = sdp_port(self.pc.localDescription.sdp)

    async def connect(self):
        self.status, headers, text = await asyncio.to_thread(request, 'POST', '/whip/echo', self.pc.localDescription.sdp)
        if self.status == 201:
            self.location = headers['Location']
            await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(text, 'answer'))

    async def hears(self, n=10, seconds=10):
        want, end = self.frames + n, time.monotonic() + seconds
        while self.frames < want and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return self.frames >= want

    async def close(self):
        if self.location:
            await asyncio.to_thread(request, 'DELETE', self.location)
        await self.pc.close()


def drops(name):
    return lab.show('drops')['drops'].get(name, 0)


def sessions():
    return len(lab.show('sessions')['sessions'])


def memory():
    """Resident kB of both processes."""
    return {name: int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{os.environ[name]}/status').read())[1])
            for name in ('DATAPLANE_PID', 'CONTROL_PID')}


# covers: S1
async def hello_race():
    """S1: before, during and after ICE."""
    race, connected = Race(), 0
    before = drops('media_no_path')
    race.start()
    await asyncio.sleep(0.2)
    for _ in range(VICTIMS):
        victim = Victim()
        await victim.offer()
        race.victims.add(victim.port)
        await asyncio.sleep(0.02)
        await victim.connect()
        ok = victim.status == 201 and await victim.hears()
        connected += ok
        race.victims.discard(victim.port)
        if not ok:
            print('   ', victim.status, victim.pc.iceConnectionState, victim.pc.connectionState, victim.frames)
        await victim.close()
    race.over = True
    race.join()
    race.listen()
    lab.equal(f'S1: set-ups amid {race.n} hellos, and what their own addresses seem to say', connected, VICTIMS)
    lab.equal('S1: answers to the attacker', race.answers, 0)
    lab.check('S1: what came from no validated path is counted',
              lab.until(3, lambda: drops('media_no_path') - before >= race.n), (before, race.n))


# covers: S8
async def every_byte(victim):
    """S8: from a stranger, and from the address of a client in a call."""
    spoofer, sock = Spoofer(), lab.udp('attacker', lab.host(2))
    for first in range(256):
        for size in range(65):
            data = (bytes([first]) + os.urandom(size))[:size]
            sock.sendto(data, MEDIA)
            spoofer.send(lab.host(1), victim.port, data)
        await asyncio.sleep(0.01)
    lab.check('S8: 256 first bytes of 0 to 64 bytes: the call goes on', await victim.hears(25))
    sock.setblocking(False)
    try:
        answer = sock.recv(2048)
    except BlockingIOError:
        answer = None
    lab.equal('S8: a stranger got no answer', answer, None)
    lab.equal('S8: it serves', request('GET', '/readyz')[0], 200)


def first_flight():
    con = OpenSSL.SSL.Connection(OpenSSL.SSL.Context(OpenSSL.SSL.DTLS_METHOD), None)
    con.set_connect_state()
    with contextlib.suppress(OpenSSL.SSL.WantReadError):
        con.do_handshake()
    return con.bio_read(2048)


def half_open(sdp, flight):
    """A session with a validated path and a handshake that ends with its first flight."""
    status, _, text = request('POST', '/whip/half', sdp, 'attacker', 2)
    if status != 201:
        return status
    ufrag = re.search(r'a=ice-ufrag:(\S+)', text)[1]
    password = re.search(r'a=ice-pwd:(\S+)', text)[1]
    sock = lab.udp('attacker', lab.host(2))
    check = build(BINDING, REQUEST, os.urandom(12),
                  [(USERNAME, f'{ufrag}:them'.encode()), (0x0024, b'\x6e\0\1\xff'), (0x802A, bytes(8)), (0x0025, b'')],
                  key=password.encode(), fingerprint=True)
    sock.sendto(check, MEDIA)
    sock.settimeout(2)
    with contextlib.suppress(socket.timeout):
        sock.recv(2048)
        sock.sendto(flight, MEDIA)
    sock.close()
    return status


# covers: S3
async def half_opens(old):
    """S3: ten times as many as there may be, by one address; others come meanwhile."""
    canned = Victim()
    await canned.offer()
    sdp, flight, statuses, connected = canned.pc.localDescription.sdp, first_flight(), {}, 0

    def some(n):
        for _ in range(n):
            status = half_open(sdp, flight)
            statuses[status] = statuses.get(status, 0) + 1

    some(2 * CAP)
    before = memory()
    for _ in range(10):
        victim = Victim()
        await victim.offer()
        some(CAP // 2)
        await victim.connect()
        some(CAP // 2)
        connected += victim.status == 201 and await victim.hears()
        await victim.close()
    after = memory()
    lab.equal('S3: honest clients amid them connect', connected, 10)
    refused = sum(n for status, n in statuses.items() if status != 201)
    lab.check('S3: of the half-open ones most are refused', refused > 8 * CAP and statuses.get(201, 0) >= CAP, statuses)
    lab.check('S3: the attacker holds no more than its share', sessions() <= CAP + 1, sessions())
    lab.check('S3: the call from before goes on', await old.hears(25))
    lab.check('S3: memory is flat', all(after[n] - before[n] < 4096 for n in after), (before, after))
    await canned.close()


async def main():
    await hello_race()
    victim = Victim()
    await victim.offer()
    await victim.connect()
    lab.check('a call', await victim.hears())
    await every_byte(victim)
    await half_opens(victim)
    await victim.close()
    lab.check('every packet is accounted for', lab.until(5, lab.balanced), lab.show('counters'))


asyncio.run(main())
lab.done()
