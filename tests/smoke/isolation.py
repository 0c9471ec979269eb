# SPDX-License-Identifier: BSD-3-Clause
"""T6: data without permission, and requests and data from another 5-tuple."""
import lab

QUIET = 0.3


def heard(sock, timeout=QUIET):
    sock.settimeout(timeout)
    try:
        return sock.recv(2048)
    except TimeoutError:
        return None


def permissions(family):
    tag = f'IPv{family}: '
    client = lab.client(family=4)
    attrs = [] if family == 4 else [(lab.turnclient.REQUESTED_ADDRESS_FAMILY, lab.turnclient.FAMILY6)]
    lab.equal(tag + 'allocated', client.allocate(attrs).code, 0)
    peer = lab.udp('peer', lab.host(2, family))
    stranger = lab.udp('attacker', lab.host(3, family))
    peer.sendto(b'too early', client.relay)
    client.send(peer.getsockname()[:2], b'no permission')
    lab.equal(tag + 'a Send without permission is not relayed', heard(peer), None)
    lab.equal(tag + 'nor is a datagram from a peer without permission', client.data(QUIET), None)
    lab.equal(tag + 'permission', client.permit((lab.host(2, family), 0)).code, 0)
    second = lab.udp('peer', lab.host(2, family))
    second.sendto(b'any port of it', client.relay)
    lab.equal(tag + 'a permission holds for every port of the address', client.data(),
              (second.getsockname()[:2], b'any port of it'))
    stranger.sendto(b'stranger', client.relay)
    client.send(stranger.getsockname()[:2], b'to a stranger')
    client.send_channel(0x4001, b'unbound channel')
    peer.sendto(b'after all that', client.relay)
    lab.equal(tag + 'a stranger without permission is not heard', client.data(),
              (peer.getsockname()[:2], b'after all that'))
    lab.equal(tag + 'and does not hear', heard(stranger), None)
    lab.equal(tag + 'an unbound channel reaches nobody', heard(peer), None)


def five_tuples():
    owner = lab.client()
    owner.allocate()
    peer = lab.udp('peer', lab.host(2))
    lab.equal('a channel of the owner', owner.bind(0x4000, peer.getsockname()).code, 0)
    mismatch = (437,) if lab.OURS else (437, 400)  # turnserver says 400 here
    for where, other in (('another port', lab.client()), ('another host', lab.client('attacker', 3))):
        other.learn(other.ask(other.message(lab.turnclient.ALLOCATE, [lab.turnclient.UDP], auth=False)))
        lab.equal(f'{where}: Refresh 437', other.refresh(0).code, 437)
        lab.one_of(f'{where}: CreatePermission 437', other.permit((lab.host(3), 0)).code, mismatch)
        lab.one_of(f'{where}: ChannelBind 437', other.bind(0x4000, (lab.host(3), 9)).code, mismatch)
        other.send_channel(0x4000, b'not mine')
        other.send(peer.getsockname(), b'not mine')
    lab.equal("nothing of theirs went out of the owner's relayed address", heard(peer), None)
    owner.send_channel(0x4000, b'mine')
    lab.equal("the owner's channel works", heard(peer, 2), b'mine')


permissions(4)
permissions(6)
five_tuples()
lab.done()
