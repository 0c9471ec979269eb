# SPDX-License-Identifier: BSD-3-Clause
"""T8: STUN and ChannelData with every kind of edge broken; the seed is printed and can be given again."""
import os
import random
import struct

import lab
from turnclient import (ALLOCATE, BINDING, CHANNEL_BIND, CHANNEL_NUMBER, CREATE_PERMISSION, DATA_ATTR, EVEN_PORT,
                        FINGERPRINT, INDICATION, LIFETIME, MESSAGE_INTEGRITY, NONCE, REALM, REFRESH, REQUEST,
                        REQUESTED_ADDRESS_FAMILY, REQUESTED_TRANSPORT, RESERVATION_TOKEN, SEND, UDP, USERHASH, USERNAME,
                        XOR_PEER_ADDRESS, build)

SEED = int(os.environ.get('SEED', random.randrange(1 << 32)))
ROUNDS = 20000
rng = random.Random(SEED)


def whole(client):
    """Requests of an authenticated client, every attribute in at least one of them."""
    peer = (lab.host(2), 9)
    yield client.message(ALLOCATE, [UDP, (EVEN_PORT, b'\x80'), (LIFETIME, bytes(4))])
    yield client.message(ALLOCATE, [UDP, (REQUESTED_ADDRESS_FAMILY, b'\2\0\0\0'), (RESERVATION_TOKEN, bytes(8))])
    yield client.message(REFRESH, [(LIFETIME, struct.pack('!I', 600))], fingerprint=True)
    yield client.message(CREATE_PERMISSION, [(XOR_PEER_ADDRESS, peer), (XOR_PEER_ADDRESS, peer)])
    yield client.message(CHANNEL_BIND, [(CHANNEL_NUMBER, b'\x40\0\0\0'), (XOR_PEER_ADDRESS, peer)])
    yield client.message(SEND, [(XOR_PEER_ADDRESS, peer), (DATA_ATTR, b'data')], cls=INDICATION, auth=False)
    yield build(BINDING, REQUEST, bytes(12), fingerprint=True)
    yield b'\x40\0\0\4data'


def mutated(data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data)) if data else 0
        how = rng.randrange(6)
        if how == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            del data[at:]
        elif how == 2:
            data[at:at] = rng.randbytes(rng.choice((1, 2, 3, 4, 64)))
        elif how == 3:
            data[at:at + 2] = rng.choice((b'\0\0', b'\xff\xff', b'\x7f\xff', b'\0\1', b'\0\4'))
        elif how == 4:
            data[2:4] = struct.pack('!H', max(0, len(data) - 20) & 0xFFFC)
        else:
            data[at:at + 4] = b''
    return bytes(data)


def edges():
    """Framing and lengths that parsers have died of."""
    txid = bytes(12)
    for length in (0, 1, 3, 4, 0xFFFC, 0xFFFF):
        yield struct.pack('!HHI', 1, length, 0x2112A442) + txid
        for attr in (USERNAME, REALM, NONCE, MESSAGE_INTEGRITY, FINGERPRINT, XOR_PEER_ADDRESS, 0x7FFF, 0xFFFF):
            yield struct.pack('!HHI', 3, 4, 0x2112A442) + txid + struct.pack('!HH', attr, length)
    for attr in (USERNAME, REALM, NONCE, USERHASH, MESSAGE_INTEGRITY, 0x001C, 0x001D, 0x8002, REQUESTED_TRANSPORT,
                 XOR_PEER_ADDRESS, LIFETIME, EVEN_PORT, FINGERPRINT):
        for size in (0, 1, 2, 3, 7, 8, 9, 19, 20, 31, 32, 33, 300, 764, 1200):
            yield build(ALLOCATE, REQUEST, txid, [UDP, (attr, bytes(size))])
    for first in range(256):
        for size in (1, 2, 3, 4, 19, 20, 63):
            yield bytes([first]) * size


def main():
    attacker = lab.client('attacker', 2)
    attacker.allocate()
    victim = lab.client()
    lab.equal('a client has its allocation', victim.allocate().code, 0)
    sent = 0
    for data in edges():
        attacker.sock.sendto(data, attacker.server)
        sent += 1
    originals = list(whole(attacker))
    for i in range(ROUNDS):
        attacker.sock.sendto(mutated(rng.choice(originals)), attacker.server)
        if i % 64 == 0:
            while attacker.receive(0.001) is not None:  # what was sent so far has been dealt with
                pass
            if i % 2048 == 0 and victim.refresh(600).code != 0:
                lab.check(f'the client lives through it (SEED={SEED}, round {i})', False)
                return
    lab.equal(f'after {sent + ROUNDS} of them (SEED={SEED}) the client still has it', victim.refresh(600).code, 0)
    lab.equal('and others get theirs', lab.client().allocate().code, 0)
    if lab.OURS:
        lab.check('every packet is accounted for', lab.until(3, lab.balanced), lab.show('counters'))


main()
lab.done()
