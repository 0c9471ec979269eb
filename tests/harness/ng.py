# SPDX-License-Identifier: BSD-3-Clause
"""A SIP proxy's end of the ng protocol, and a phone: RTP sockets and the SDP that names them."""
import itertools
import json
import re
import socket
import struct
import urllib.error
import urllib.request

import lab

cookies = itertools.count(1)


def bencode(x):
    if isinstance(x, str):
        x = x.encode()
    if isinstance(x, bytes):
        return b'%d:%s' % (len(x), x)
    if isinstance(x, int):
        return b'i%de' % x
    if isinstance(x, dict):
        return b'd' + b''.join(bencode(k) + bencode(v) for k, v in x.items()) + b'e'
    return b'l' + b''.join(map(bencode, x)) + b'e'


def bdecode(text):
    """The value, and what is left."""
    if text[:1] == b'i':
        number, rest = text[1:].split(b'e', 1)
        return int(number), rest
    if text[:1] in b'ld':
        items, rest = [], text[1:]
        while rest[:1] != b'e':
            item, rest = bdecode(rest)
            items.append(item)
        if text[:1] == b'l':
            return items, rest[1:]
        return dict(zip(items[::2], items[1::2])), rest[1:]
    length, rest = text.split(b':', 1)
    return rest[:int(length)].decode(), rest[int(length):]


class Proxy:
    """server: where [gateway] ng listens. Its socket is in the namespace of `name`."""

    def __init__(self, name='server', server=('127.0.0.1', 22222), as_json=False):
        self.sock = lab.udp(name, '127.0.0.1')
        self.sock.settimeout(5)
        self.server, self.as_json = server, as_json

    def raw(self, datagram):
        self.sock.sendto(datagram, self.server)
        return self.sock.recv(65536)

    def ask(self, command, cookie=None, **words):
        """Keys: `_` stands for a hyphen."""
        body = {'command': command, **{k.replace('_', '-'): v for k, v in words.items()}}
        cookie = cookie or f'{next(cookies)}_7'
        answer = self.raw(cookie.encode() + b' ' + (json.dumps(body).encode() if self.as_json else bencode(body)))
        got, rest = answer.split(b' ', 1)
        assert got.decode() == cookie, answer
        return json.loads(rest) if self.as_json else bdecode(rest)[0]

    def ok(self, command, **words):
        """The answer; its SDP when it has one."""
        got = self.ask(command, **words)
        lab.check(f'{command}: ok', got.get('result') == 'ok', got)
        return got.get('sdp', got)


class Api(Proxy):
    """The same over HTTP."""

    def __init__(self, url='http://127.0.0.1:8080/api/v1/calls'):
        self.url = url

    def post(self, body, kind='application/json'):
        """(status, answer)"""
        request = urllib.request.Request(self.url, body, {'Content-Type': kind})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def ask(self, command, cookie=None, **words):
        body = {'command': command, **{k.replace('_', '-'): v for k, v in words.items()}}
        return self.post(json.dumps(body).encode())[1]


def rtp(seq, payload, pt=0, ssrc=0x1234, ts=None):
    return struct.pack('!BBHII', 0x80, pt, seq, seq * 160 if ts is None else ts, ssrc) + payload


def receiver_report(ssrc=0x1234):
    return struct.pack('!BBHI', 0x80, 201, 1, ssrc)


class Phone:
    """RTP and RTCP sockets on an even port and the next."""

    def __init__(self, address, port, name='server', proto='RTP/AVP', codecs=('0 PCMU/8000',), lines=()):
        self.address, self.port, self.proto, self.codecs, self.lines = address, port, proto, codecs, lines
        self.sock, self.rtcp = lab.udp(name, address, port), lab.udp(name, address, port + 1)
        self.to = self.to_rtcp = None
        self.sdp_seen = ''

    def sdp(self, *more):
        family = 'IP6' if ':' in self.address else 'IP4'
        pts = ' '.join(c.split()[0] for c in self.codecs)
        return '\r\n'.join(['v=0', f'o=- 1 1 IN {family} {self.address}', 's=call', f'c=IN {family} {self.address}',
                            't=0 0', f'm=audio {self.port} {self.proto} {pts}',
                            *(f'a=rtpmap:{c}' for c in self.codecs), *self.lines, *more, ''])

    def hear(self, sdp):
        """Where it is to send, by a description for it."""
        self.sdp_seen = sdp
        address = re.search(r'^c=IN IP[46] (\S+)', sdp, re.M)[1]
        port = int(re.search(r'^m=audio (\d+)', sdp, re.M)[1])
        rtcp = re.search(r'^a=rtcp:(\d+)', sdp, re.M)
        self.to, self.to_rtcp = (address, port), (address, int(rtcp[1]) if rtcp else port + 1)
        return self

    def says(self, packet):
        self.sock.sendto(packet, self.to)

    def reports(self, packet):
        self.rtcp.sendto(packet, self.to_rtcp)

    def reaches(self, far, packet, rtcp=False):
        """What `far` then hears. Again when nothing came: an answer to a command may be here before the dataplane has
        done what it is about."""
        for _ in range(10):
            self.reports(packet) if rtcp else self.says(packet)
            if got := far.hears(2, rtcp):
                return got
        return None

    def hears(self, seconds=5, rtcp=False):
        """The next packet and where it came from; None: none."""
        sock = self.rtcp if rtcp else self.sock
        sock.settimeout(seconds)
        try:
            return sock.recvfrom(2048)
        except (socket.timeout, BlockingIOError):
            return None
