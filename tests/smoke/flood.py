# SPDX-License-Identifier: BSD-3-Clause
"""S2 and S4: what unauthenticated traffic costs, and what it gets back."""
import os
import socket
import struct
import time

import lab
from turnclient import (ALLOCATE, BINDING, CHANNEL_BIND, COOKIE, CREATE_PERMISSION, ERROR, INDICATION, NONCE, REALM,
                        REFRESH, REQUEST, SEND, SOFTWARE, SUCCESS, UDP, USERNAME, build)

FLOOD = int(os.environ.get('FLOOD', 1000000))
MEMORY_BOUND = 4 << 20
sentinels = set()  # transactions that ask() ended with


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Spoofer:
    """Sends frames from the attacker's link with any IPv4 source. UDP checksum 0: none (RFC 768)."""

    def __init__(self, payload):
        with lab.namespace('attacker'):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind(('eth0', 0))
        own = self.sock.getsockname()[4]
        ip = struct.pack('!BBHHHBBH', 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0)
        to = socket.inet_aton(lab.server(2))
        self.sum = 0xFFFF - checksum(ip + to)
        self.before = neighbour() + own + b'\x08\x00' + ip[:10]
        self.after = to
        self.udp = struct.pack('!HHH', 3478, 8 + len(payload), 0) + payload

    def send(self, source, port):
        total = self.sum + (source >> 16) + (source & 0xFFFF)
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        self.sock.send(self.before + struct.pack('!HI', total ^ 0xFFFF, source) + self.after
                       + struct.pack('!H', port) + self.udp)


def neighbour():
    """The server's Ethernet address on the attacker's link, learned by asking."""
    with lab.namespace('attacker'):
        probe = lab.client('attacker', 2)
        probe.call(BINDING, auth=False)
        with open('/proc/thread-self/net/arp', encoding='ascii') as arp:
            for line in arp:
                if line.startswith(lab.server(2) + ' '):
                    return bytes.fromhex(line.split()[3].replace(':', ''))
    raise RuntimeError('the server is no neighbour')


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        pids = [int(p) for p in file.read().split()]
    return pids + [p for child in pids for p in children(child)]


def memory():
    """Resident bytes of the server's processes."""
    pid, total = int(os.environ['SERVER_TREE']), 0
    for p in [pid] + children(pid):
        with open(f'/proc/{p}/statm', encoding='ascii') as file:
            total += int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    return total


def flood():
    request = build(ALLOCATE, REQUEST, bytes(12), [UDP])
    spoofer = Spoofer(request)
    for i in range(20000):  # what is touched once is touched before the measurement
        spoofer.send(0x0B000000 + i, 1024 + i % 60000)
    before, slowest, started = memory(), 0.0, time.monotonic()
    for i in range(FLOOD):
        spoofer.send(0x0B000000 + i * 7, 1024 + i % 60000)
        if i % (FLOOD // 10) == 0:
            began = time.monotonic()
            code = lab.client().allocate().code
            slowest = max(slowest, time.monotonic() - began)
            if code != 0:
                slowest = float('inf')
    print(f'    {FLOOD / (time.monotonic() - started):.0f} Allocates/s from {FLOOD} sources')
    lab.check('an honest client allocates within a second all the while', slowest < 1, slowest)
    grown = memory() - before
    lab.check(f'memory grew by at most {MEMORY_BOUND >> 20} MiB', grown <= MEMORY_BOUND, grown)


def ip_bytes(family, payload):
    return payload + 8 + (20 if family == 4 else 40)


def ask(sock, family, *datagrams):
    """Sends; (IP bytes out, IP bytes that came back before the answer to a request sent after them)."""
    last, out, back = os.urandom(12), 0, 0
    sentinels.add(last)
    for data in datagrams:
        sock.sendto(data, (lab.server(2, family), 3478))
        out += ip_bytes(family, len(data))
    end = time.monotonic() + 10
    while time.monotonic() < end:
        sock.sendto(build(BINDING, REQUEST, last), (lab.server(2, family), 3478))
        sock.settimeout(0.5)
        try:
            while (got := sock.recv(65536))[8:20] != last:
                if got[8:20] not in sentinels:  # an earlier one that was asked twice
                    back += ip_bytes(family, len(got))
            return out, back
        except TimeoutError:
            pass  # over the reply budget, or slow: once more
    raise RuntimeError('no answer to the last request')


def ratios():
    """Reply by request, for everything that an unauthenticated source can say."""
    txid = os.urandom(12)
    forged = [(USERNAME, b'a'), (REALM, b'example.org'), (NONCE, b'x' * 40)]
    cookie = struct.pack('!I', COOKIE)
    for family in (4, 6):
        sock = lab.udp('attacker', lab.host(2, family))
        kinds = {'Binding': (1.6, build(BINDING, REQUEST, txid)),
                 'Binding with an unknown attribute': (1.6, build(BINDING, REQUEST, txid, [(0x7001, b'')])),
                 'bare Allocate': (2.5, build(ALLOCATE, REQUEST, txid)),
                 'Allocate': (2.5, build(ALLOCATE, REQUEST, txid, [UDP])),
                 'Refresh': (2.5, build(REFRESH, REQUEST, txid)),
                 'CreatePermission': (2.5, build(CREATE_PERMISSION, REQUEST, txid)),
                 'ChannelBind': (2.5, build(CHANNEL_BIND, REQUEST, txid)),
                 'Allocate with a forged nonce': (2.5, build(ALLOCATE, REQUEST, txid, [UDP] + forged, key=b'k')),
                 'unknown method': (2.5, build(0x0FF, REQUEST, txid))}
        silent = {'junk': os.urandom(64), 'an empty datagram': b'', 'one byte': b'\0',
                  'no magic cookie': build(BINDING, REQUEST, txid).replace(cookie, bytes(4)),
                  'length beyond the datagram': b'\0\1\0\x40' + cookie + txid,
                  'wrong FINGERPRINT': build(BINDING, REQUEST, txid) [:2] + b'\0\x08' + cookie + txid + b'\x80\x28\0\4abcd',
                  'a response': build(BINDING, SUCCESS, txid), 'an error': build(ALLOCATE, ERROR, txid),
                  'a Binding indication': build(BINDING, INDICATION, txid, [(SOFTWARE, b'x')]),
                  'a Send indication': build(SEND, INDICATION, txid), 'ChannelData': b'\x40\0\0\4abcd'}
        for kind, (bound, data) in kinds.items():
            out, back = ask(sock, family, data)
            lab.check(f'IPv{family} {kind}: {back / out:.2f} times what was sent, at most {bound}', back <= bound * out)
        for kind, data in silent.items():
            lab.equal(f'IPv{family} {kind}: no reply', ask(sock, family, data)[1], 0)


def sustained():
    for family in (4, 6):
        sock = lab.udp('attacker', lab.host(2, family))
        out, back = ask(sock, family, *[build(ALLOCATE, REQUEST, bytes(12), [UDP])] * 4000)
        lab.check(f'IPv{family}: a stream of Allocates gets back {back / out:.2f} times its bytes, at most 1', back <= out)
        lab.equal(f'IPv{family}: another prefix is served meanwhile', lab.client(family=family).allocate().code, 0)


ratios()
sustained()
flood()
lab.done()
