# SPDX-License-Identifier: BSD-3-Clause
"""A raw STUN/TURN client over UDP for tests: sends what it is told to, right or wrong.

Shares no code with the server. Messages are built from (type, bytes) pairs, so that a test can
leave out, repeat, reorder or forge any attribute (RFC 8489 s5, s14; RFC 8656 s18).
"""
import hashlib
import hmac
import ipaddress
import os
import socket
import struct
import time
import zlib

COOKIE = 0x2112A442
REQUEST, INDICATION, SUCCESS, ERROR = 0, 1, 2, 3
BINDING, ALLOCATE, REFRESH, SEND, DATA, CREATE_PERMISSION, CHANNEL_BIND = 1, 3, 4, 6, 7, 8, 9

MAPPED_ADDRESS, USERNAME, MESSAGE_INTEGRITY, ERROR_CODE = 0x0001, 0x0006, 0x0008, 0x0009
UNKNOWN_ATTRIBUTES, CHANNEL_NUMBER, LIFETIME, XOR_PEER_ADDRESS = 0x000A, 0x000C, 0x000D, 0x0012
DATA_ATTR, REALM, NONCE, XOR_RELAYED_ADDRESS = 0x0013, 0x0014, 0x0015, 0x0016
REQUESTED_ADDRESS_FAMILY, EVEN_PORT, REQUESTED_TRANSPORT, DONT_FRAGMENT = 0x0017, 0x0018, 0x0019, 0x001A
MESSAGE_INTEGRITY_SHA256, PASSWORD_ALGORITHM, USERHASH = 0x001C, 0x001D, 0x001E
XOR_MAPPED_ADDRESS, RESERVATION_TOKEN = 0x0020, 0x0022
ADDITIONAL_ADDRESS_FAMILY, ADDRESS_ERROR_CODE, PASSWORD_ALGORITHMS = 0x8000, 0x8001, 0x8002
SOFTWARE, FINGERPRINT = 0x8022, 0x8028

UDP = (REQUESTED_TRANSPORT, bytes([17, 0, 0, 0]))
FAMILY4, FAMILY6 = bytes([1, 0, 0, 0]), bytes([2, 0, 0, 0])
MD5, SHA256 = 1, 2


def type_of(method, cls):
    return (method & 0xF) | (cls & 1) << 4 | (method & 0x70) << 1 | (cls & 2) << 7 | (method & 0xF80) << 2


def xor_address(addr, txid):
    ip, port = ipaddress.ip_address(addr[0]), addr[1] ^ COOKIE >> 16
    mask = struct.pack('!I', COOKIE) + txid
    body = bytes(a ^ b for a, b in zip(ip.packed, mask))
    return struct.pack('!BBH', 0, 1 if ip.version == 4 else 2, port) + body


def unxor_address(value, txid):
    mask = struct.pack('!I', COOKIE) + txid
    packed = bytes(a ^ b for a, b in zip(value[4:], mask))
    return str(ipaddress.ip_address(packed)), struct.unpack('!H', value[2:4])[0] ^ COOKIE >> 16


def pack(attrs):
    return b''.join(struct.pack('!HH', t, len(v)) + v + bytes(-len(v) % 4) for t, v in attrs)


def header(method, cls, length, txid):
    return struct.pack('!HHI', type_of(method, cls), length, COOKIE) + txid


def build(method, cls, txid, attrs=(), key=None, sha256=False, fingerprint=False, tail=()):
    """attrs, then integrity under key, then tail (attributes that nobody may honour), then FINGERPRINT."""
    body = pack(attrs)
    if key is not None:
        size = 32 if sha256 else 20
        signed = header(method, cls, len(body) + 4 + size, txid) + body
        tag = hmac.new(key, signed, hashlib.sha256 if sha256 else hashlib.sha1).digest()
        body += pack([(MESSAGE_INTEGRITY_SHA256 if sha256 else MESSAGE_INTEGRITY, tag)])
    body += pack(tail)
    if fingerprint:
        crc = zlib.crc32(header(method, cls, len(body) + 8, txid) + body) ^ 0x5354554E
        body += pack([(FINGERPRINT, struct.pack('!I', crc))])
    return header(method, cls, len(body), txid) + body


class Message:
    """A parsed answer. attrs keeps the first of each type; order keeps all."""

    def __init__(self, data):
        kind, length, cookie = struct.unpack('!HHI', data[:8])
        if cookie != COOKIE or length != len(data) - 20 or length % 4:
            raise ValueError('not STUN: ' + data.hex())
        self.data, self.txid = data, data[8:20]
        self.method = (kind & 0xF) | (kind & 0xE0) >> 1 | (kind & 0x3E00) >> 2
        self.cls = (kind & 0x10) >> 4 | (kind & 0x100) >> 7
        self.attrs, self.order, at = {}, [], 20
        while at < len(data):
            t, n = struct.unpack('!HH', data[at:at + 4])
            if at + 4 + n > len(data):
                raise ValueError('attribute beyond the message: ' + data.hex())
            if any(data[at + 4 + n:at + 4 + n + -n % 4]):
                raise ValueError('padding is not zero: ' + data.hex())
            self.attrs.setdefault(t, data[at + 4:at + 4 + n])
            self.order.append((t, at))
            at += 4 + n + -n % 4

    @property
    def code(self):
        """0 for a success, else the error code."""
        if self.cls == SUCCESS:
            return 0
        value = self.attrs.get(ERROR_CODE, bytes(4))
        return (value[2] & 7) * 100 + value[3]

    def address(self, t):
        return unxor_address(self.attrs[t], self.txid)

    def integrity_holds(self, key):
        """Whether the answer carries a MESSAGE-INTEGRITY of either kind under key, and it is right."""
        for t, at in self.order:
            if t in (MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256):
                n = len(self.attrs[t])
                signed = self.data[:2] + struct.pack('!H', at - 20 + 4 + n) + self.data[4:at]
                digest = hashlib.sha1 if t == MESSAGE_INTEGRITY else hashlib.sha256
                return hmac.compare_digest(hmac.new(key, signed, digest).digest()[:n], self.attrs[t])
        return False


class NoAnswer(Exception):
    pass


class Client:
    """One 5-tuple. call() does the 401/438 round; ask() sends exactly what it is given."""

    RTO = 0.5

    def __init__(self, sock, server, user='alice', password='wonderland', algorithm=MD5):
        self.sock, self.server, self.user, self.password = sock, server, user, password
        self.algorithm, self.realm, self.nonce, self.algorithms = algorithm, None, None, None
        self.inbox = []  # what arrived that was not an awaited answer

    @property
    def key(self):
        secret = f'{self.user}:{self.realm.decode()}:{self.password}'.encode()
        return (hashlib.md5 if self.algorithm == MD5 else hashlib.sha256)(secret).digest()

    def credentials(self):
        attrs = [(USERNAME, self.user.encode()), (REALM, self.realm), (NONCE, self.nonce)]
        if self.algorithm == SHA256:
            attrs += [(PASSWORD_ALGORITHM, struct.pack('!HH', SHA256, 0)), (PASSWORD_ALGORITHMS, self.algorithms)]
        return attrs

    def learn(self, reply):
        self.realm = reply.attrs.get(REALM, self.realm)
        self.nonce = reply.attrs.get(NONCE, self.nonce)
        self.algorithms = reply.attrs.get(PASSWORD_ALGORITHMS, self.algorithms)

    def message(self, method, attrs, txid=None, auth=True, cls=REQUEST, **how):
        txid = txid or os.urandom(12)
        attrs = [(t, xor_address(v, txid) if isinstance(v, tuple) else v) for t, v in attrs]
        if not auth or self.nonce is None:
            return build(method, cls, txid, attrs, **how)
        how.setdefault('key', self.key)
        how.setdefault('sha256', self.algorithm == SHA256)
        return build(method, cls, txid, attrs + self.credentials(), **how)

    def ask(self, data, tries=4):
        """Send one request, again when unanswered; its answer."""
        for attempt in range(tries):
            self.sock.sendto(data, self.server)
            end = time.monotonic() + self.RTO * 2 ** attempt
            while (got := self.receive(end - time.monotonic())) is not None:
                if got[:1] < b'\x40' and len(got) >= 20 and got[8:20] == data[8:20]:
                    return Message(got)
                self.inbox.append(got)
        raise NoAnswer(data.hex())

    def receive(self, timeout):
        if timeout <= 0:
            return None
        self.sock.settimeout(timeout)
        try:
            return self.sock.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            return None

    def call(self, method, attrs=(), **how):
        attrs = list(attrs)
        reply = self.ask(self.message(method, attrs, **how))
        for _ in range(2):
            if reply.code not in (401, 438) or reply.attrs.get(NONCE) in (None, self.nonce):
                break
            self.learn(reply)
            reply = self.ask(self.message(method, attrs, **how))
        return reply

    def allocate(self, attrs=(), lifetime=None):
        attrs = [UDP, *attrs] + ([(LIFETIME, struct.pack('!I', lifetime))] if lifetime is not None else [])
        reply = self.call(ALLOCATE, attrs)
        if reply.code == 0:
            self.relay = reply.address(XOR_RELAYED_ADDRESS)
        return reply

    def refresh(self, lifetime, attrs=()):
        return self.call(REFRESH, [(LIFETIME, struct.pack('!I', lifetime)), *attrs])

    def permit(self, *peers):
        return self.call(CREATE_PERMISSION, [(XOR_PEER_ADDRESS, p) for p in peers])

    def bind(self, number, peer):
        return self.call(CHANNEL_BIND, [(CHANNEL_NUMBER, struct.pack('!HH', number, 0)), (XOR_PEER_ADDRESS, peer)])

    def send(self, peer, data):
        self.sock.sendto(self.message(SEND, [(XOR_PEER_ADDRESS, peer), (DATA_ATTR, data)], auth=False, cls=INDICATION),
                         self.server)

    def send_channel(self, number, data):
        self.sock.sendto(struct.pack('!HH', number, len(data)) + data, self.server)

    def data(self, timeout=2.0):
        """The next relayed datagram: (peer address or channel number, payload); None when none comes."""
        end = time.monotonic() + timeout
        while True:
            got = self.inbox.pop(0) if self.inbox else self.receive(end - time.monotonic())
            if got is None:
                return None
            if 0x40 <= got[0] < 0x80:
                number, n = struct.unpack('!HH', got[:4])
                return number, got[4:4 + n]
            message = Message(got)
            if (message.method, message.cls) == (DATA, INDICATION) and DATA_ATTR in message.attrs:
                return message.address(XOR_PEER_ADDRESS), message.attrs[DATA_ATTR]
