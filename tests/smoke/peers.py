# SPDX-License-Identifier: BSD-3-Clause
"""T1 and T2: CreatePermission, ChannelBind and Send to every kind of denied address, in every spelling.

The canary: each datagram carries a token, and no frame from the server on the peer's link, its default
route, nor on the client's may carry it onward (packets to allowed peers do: the canary can sing).
"""
import ipaddress
import os
import socket
import struct

import lab
from turnclient import CREATE_PERMISSION, FAMILY6, REQUESTED_ADDRESS_FAMILY, XOR_PEER_ADDRESS

PORT = 7777
TOKEN = b'canary' + os.urandom(12)
DENIED4 = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.255.0.1', '10.0.0.1', '10.77.3.9', '172.16.0.1', '172.31.255.254',
           '192.168.1.1', '100.64.0.1', '100.127.255.254', '169.254.1.1', '169.254.169.254', '192.0.0.8', '192.0.2.1',
           '192.88.99.1', '198.18.0.1', '198.51.100.8', '203.0.113.77', '224.0.0.1', '239.255.255.250', '240.0.0.1',
           '255.255.255.255', '8.8.8.8', lab.server(1)]
DENIED6 = ['::', '::1', 'fe80::1', 'fec0::1', 'fc00::1', 'fd77:3::9', 'ff02::1', 'ff0e::1', '100::1', '2001:db8::1',
           '2001:2::1', '2620:fe::fe', lab.server(1, 6)]
# the server's listening port, a port of its range where nothing is, and any other
PORTS_OF_SERVER = (3478, 3480, 60000)


def spellings(address):
    """An IPv4 address as IPv6, in every way that carries one."""
    packed = ipaddress.IPv4Address(address).packed
    inverted = bytes(b ^ 0xFF for b in packed)
    for name, raw in (('IPv4-mapped', bytes(10) + b'\xff\xff' + packed), ('IPv4-compatible', bytes(12) + packed),
                      ('6to4', b'\x20\x02' + packed + bytes(10)),
                      ('NAT64', bytes.fromhex('0064ff9b') + bytes(8) + packed),
                      ('Teredo', bytes.fromhex('20010000') + bytes.fromhex('41424344') + bytes(4) + inverted)):
        yield name, str(ipaddress.IPv6Address(raw))


class Canary:
    """Counts frames that leave the server on a host's link with the token in them."""

    def __init__(self, name):
        with lab.namespace(name):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.sock.bind(('eth0', 0))
        self.sock.settimeout(0.3)

    def heard(self):
        """Destinations of what has come since the last call."""
        out = []
        while True:
            try:
                frame, info = self.sock.recvfrom(65536)
            except TimeoutError:
                return out
            if info[2] != socket.PACKET_OUTGOING and TOKEN in frame:
                v4 = struct.unpack('!H', frame[12:14])[0] == 0x0800
                out.append(str(ipaddress.ip_address(frame[30:34] if v4 else frame[38:54])))


def allocate(client, family):
    attrs = [] if family == 4 else [(REQUESTED_ADDRESS_FAMILY, FAMILY6)]
    lab.equal(f'an IPv{family} allocation', client.allocate(attrs).code, 0)


def attempt(client, peer, number):
    """Every way in; the codes of the two that answer."""
    codes = (client.permit(peer).code, client.bind(number, peer).code)
    client.send(peer, TOKEN)
    client.send_channel(number, TOKEN)
    return codes


def all_denied(what, client, peers, refusals):
    bad = []
    for i, peer in enumerate(peers):
        codes = attempt(client, peer, 0x4100 + i)
        if codes[0] not in refusals or codes[1] not in refusals:
            bad.append((peer, codes))
    lab.equal(f'{what}: {len(peers)} peers refused with {" or ".join(map(str, refusals))}', bad, [])


def relay_address(client, family):
    """Other relayed addresses may be peers, and permissions know no ports; what else is there may not be reached."""
    for port in PORTS_OF_SERVER:
        codes = attempt(client, (lab.server(2, family), port), 0x4200 + port % 256)
        if port == 3478:
            lab.equal(f"IPv{family}: no channel to the listening port of the relay's address", codes[1], 403)
    lab.equal(f"IPv{family}: nothing answers from the relay's own ports", client.data(0.3), None)


def sings(client, canaries, family):
    """The way to an allowed address is open: through the same link, past the same lookup."""
    peer = ('198.51.100.7' if family == 4 else '2001:db8:51::7', PORT)
    lab.equal(f'IPv{family}: an allowed peer beyond the gateway', attempt(client, peer, 0x4000), (0, 0))
    lab.equal(f'IPv{family}: is reached', set(canaries['peer'].heard()), {peer[0]})


def all_or_nothing(client, canaries):
    fresh = lab.client()
    fresh.allocate()
    allowed, denied = ('198.51.100.7', PORT), ('10.0.0.1', PORT)
    reply = fresh.call(CREATE_PERMISSION, [(XOR_PEER_ADDRESS, allowed), (XOR_PEER_ADDRESS, denied)])
    lab.equal('one denied among two: 403', reply.code, 403)
    fresh.send(allowed, TOKEN)
    lab.equal('and no permission for the other', canaries['peer'].heard(), [])


def main():
    canaries = {name: Canary(name) for name in ('client', 'peer')}
    # NAT64 and the like stand for IPv4 addresses: the family may be named as the reason, too
    for family, denied, refusals in ((4, DENIED4, (403,)), (6, DENIED6, (403,))):
        client = lab.client()
        allocate(client, family)
        sings(client, canaries, family)
        all_denied(f'IPv{family}', client, [(a, PORT) for a in denied], refusals)
        own = [(lab.server(1, family), port) for port in PORTS_OF_SERVER]
        all_denied(f"IPv{family}: the server's own addresses", client, own, (403,))
        relay_address(client, family)
    client6 = lab.client()
    allocate(client6, 6)
    for name in dict(spellings('127.0.0.1')):
        peers = [(dict(spellings(address))[name], PORT) for address in DENIED4]
        all_denied(f'IPv6 allocation, {name}', client6, peers, (403, 443))
    client4 = lab.client()
    allocate(client4, 4)
    all_denied('IPv4 allocation, IPv4-mapped', client4,
               [(dict(spellings(address))['IPv4-mapped'], PORT) for address in DENIED4], (403, 443))
    all_denied('IPv4 allocation, IPv6 peers', client4, [(address, PORT) for address in DENIED6], (403, 443))
    all_or_nothing(client4, canaries)
    for name, canary in canaries.items():
        lab.equal(f"canaries heard on the {name}'s link", canary.heard(), [])


main()
lab.done()
