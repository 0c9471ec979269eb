# SPDX-License-Identifier: BSD-3-Clause
"""T5: allocations that have each other, themselves or the server's own port as peers."""
import lab
from turnclient import ALLOCATE, UDP

N = 200


def collect(client, timeout=0.5):
    got = []
    while (datagram := client.data(timeout)) is not None:
        got.append(datagram[1])
    return got


def each_other(how):
    a, b = lab.client(), lab.client()
    a.allocate()
    b.allocate()
    if how == 'channels':
        a.bind(0x4000, b.relay)
        b.bind(0x4000, a.relay)
        send_a, send_b = (lambda d: a.send_channel(0x4000, d)), (lambda d: b.send_channel(0x4000, d))
    else:
        a.permit(b.relay)
        b.permit(a.relay)
        send_a, send_b = (lambda d: a.send(b.relay, d)), (lambda d: b.send(a.relay, d))
    sent = [b'%d' % i for i in range(N)]
    for data in sent:
        send_a(data)
    there = collect(b)
    lab.equal(f'{how}: each datagram arrives once', there, sent)
    for data in there:
        send_b(data)
    lab.equal(f'{how}: and its echo once', collect(a), sent)
    lab.equal(f'{how}: then all is quiet', (collect(a), collect(b)), ([], []))


def itself():
    a = lab.client()
    a.allocate()
    reply = a.bind(0x4000, a.relay)
    lab.one_of('an allocation with itself as peer: allowed or refused', reply.code, (0, 403))
    for _ in range(N):
        a.send_channel(0x4000, b'round')
    got = len(collect(a))
    lab.check('its datagrams come back at most once', got <= N, got)


def own_port():
    a = lab.client()
    a.allocate()
    own = a.server
    a.permit(own)  # permissions know no ports, and relayed addresses of others may be peers
    if lab.OURS:
        lab.equal("channel to the server's own port: 403", a.bind(0x4000, own).code, 403)
    nested = a.message(ALLOCATE, [UDP], auth=False)
    for _ in range(N):
        a.send(own, nested)
        a.send_channel(0x4000, nested)
    lab.equal('a request sent through a relayed address to the server gets no answer', collect(a), [])


each_other('channels')
each_other('indications')
itself()
own_port()
lab.done()
