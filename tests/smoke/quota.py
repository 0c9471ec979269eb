# SPDX-License-Identifier: BSD-3-Clause
"""T3: 20 allocations a user, 32 ports in all."""
import lab
from turnclient import ALLOCATE, UDP

QUOTA, PORTS = 20, 32
BOB = {'user': 'bob', 'password': 'builder'}


def take(count, **who):
    clients = [lab.client(**who) for _ in range(count)]
    return clients, [client.allocate(lifetime=600).code for client in clients]


def retransmitted(client):
    """The same request five times: the same answer, one allocation."""
    client.learn(client.ask(client.message(ALLOCATE, [UDP], auth=False)))
    data = client.message(ALLOCATE, [UDP])
    answers = [client.ask(data).data for _ in range(5)]
    lab.check('a retransmitted Allocate gets the same answer', len(set(answers)) == 1)
    lab.equal('and another one 437', client.ask(client.message(ALLOCATE, [UDP])).code, 437)


def gauges():
    return lab.show('counters')['gauges']


greedy, codes = take(3 * QUOTA)
lab.equal('the quota, then 486', codes, [0] * QUOTA + [486] * 2 * QUOTA)
alices = [c for c, code in zip(greedy, codes) if code == 0]

bob = lab.client(**BOB)
retransmitted(bob)
bobs, codes = take(QUOTA - 1, **BOB)
bobs = [bob] + [c for c, code in zip(bobs, codes) if code == 0]
lab.equal('another user has what ports are left, then 508', codes,
          [0] * (PORTS - QUOTA - 1) + [508] * (2 * QUOTA - PORTS))
lab.check('what exists goes on', all(c.refresh(600).code == 0 for c in alices + bobs))
lab.check('no two share a relayed address', len({c.relay for c in alices + bobs[1:]}) == PORTS - 1)

if lab.OURS:  # turnserver counts refused ones against the quota for a while
    lab.equal('one is given back', alices[0].refresh(0).code, 0)
    lab.equal('and taken by another user', take(1, **BOB)[1], [0])
    lab.check('all the rest are given back', all(c.refresh(0).code == 0 for c in alices[1:] + bobs))
    again, codes = take(QUOTA)
    lab.equal('then the quota is whole again', codes, [0] * QUOTA)
    lab.check('shortened to a second', all(c.refresh(1).code == 0 for c in again))
    lab.check('after expiry one is left', lab.until(5, lambda: gauges()['allocations'] == 1), gauges())
lab.done()
