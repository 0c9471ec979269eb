# SPDX-License-Identifier: BSD-3-Clause
"""200 relays, each with a channel or Send indications, echoed by the peer; then rest; then expiry."""
import selectors

import lab

RELAYS, ROUNDS, WINDOW = 200, 40, 48
LAST_FOR = 2  # seconds that allocations are given in the end


def buffers():
    return [port['buffers_used'] for port in lab.show('ports')['ports']]


def settled(condition):
    return lab.until(5, condition)


def echo(peer):
    while True:
        try:
            data, relay = peer.recvfrom(2048)
        except BlockingIOError:
            return
        peer.sendto(data, relay)


def raise_relays(to):
    clients = [lab.client() for _ in range(RELAYS)]
    codes = [c.allocate(lifetime=60).code for c in clients]
    lab.equal(f'{RELAYS} allocations', codes, [0] * RELAYS)
    # half by channel, half by Send and Data indications
    codes = [c.bind(0x4000, to).code if i % 2 else c.permit(to).code for i, c in enumerate(clients)]
    lab.equal('their channels and permissions', codes, [0] * RELAYS)
    return clients


class Exchange:
    """Datagrams from clients to the peer and back. What is under way grows with what came back, up to WINDOW:
    below saturation on any machine, and few packets wait while a core first asks for a neighbour."""

    def __init__(self, clients, peer):
        self.clients, self.peer, self.to = clients, peer, peer.getsockname()
        self.back = [set() for _ in clients]
        self.under_way, self.may = 0, 2
        self.watch = selectors.DefaultSelector()
        peer.setblocking(False)
        self.watch.register(peer, selectors.EVENT_READ, None)
        for i, client in enumerate(clients):
            self.watch.register(client.sock, selectors.EVENT_READ, i)

    def pump(self, timeout):
        """Echo and collect what is there; False when nothing came in time."""
        events = self.watch.select(timeout)
        for key, _ in events:
            if key.data is None:
                echo(self.peer)
                continue
            got = self.clients[key.data].data(0.001)
            if got is not None:
                self.back[key.data].add(got[1])
                self.under_way -= 1
                self.may = min(self.may + 0.1, WINDOW)
        return bool(events)

    def run(self, rounds):
        for r in range(rounds):
            for i, client in enumerate(self.clients):
                data = b'relay %d round %d' % (i, r)
                if i % 2:
                    client.send_channel(0x4000, data)
                else:
                    client.send(self.to, data)
                self.under_way += 1
                while self.under_way >= self.may:
                    if not self.pump(3):  # as many are lost
                        return self.back
        while self.under_way and self.pump(3):
            pass
        return self.back


def main():
    for name, link in (('client', 1), ('peer', 2)):  # each device has been used: what it keeps, it has
        lab.client(name, link).call(lab.turnclient.BINDING, auth=False)
    buffers_before = buffers() if lab.OURS else None
    peer = lab.udp('peer', lab.host(2), 3480)
    clients = raise_relays(peer.getsockname())
    if lab.OURS:
        cores = [row['core'] for row in lab.show('allocations')['allocations']]
        lab.check('relays on both cores', min(cores.count(0), cores.count(1)) >= RELAYS // 10, cores)
    back = Exchange(clients, peer).run(ROUNDS)
    missing = sum(ROUNDS - len(b) for b in back)
    lab.equal(f'{RELAYS * ROUNDS} datagrams there and back, lost', missing, 0)
    lab.check('each its own', all(b == {b'relay %d round %d' % (i, r) for r in range(ROUNDS)}
                                  for i, b in enumerate(back)))
    if lab.OURS:
        rest(clients, buffers_before)


def rest(clients, buffers_before):
    now = lab.show('counters')
    lab.check('at rest every packet is accounted for', settled(lab.balanced), now)
    lab.check('packets were handed off', now['counters']['handoff.out'] > 0, now)
    lab.equal('to whom they belonged', now['counters']['handoff.in'],
              now['counters']['handoff.out'] + now['counters']['handoff.tx'])
    lab.check('shortened', all(c.refresh(LAST_FOR).code == 0 for c in clients))
    # neighbours stay: they belong to the link, not to relays
    present = lambda: {k: v for k, v in lab.show('counters')['gauges'].items() if v and k != 'neighbours'}
    lab.check('after expiry every table is at 0', lab.until(15, lambda: not present()), present())
    lab.check('every buffer is back', settled(lambda: buffers() == buffers_before), (buffers_before, buffers()))
    lab.check('and all still adds up', settled(lab.balanced), lab.show('counters'))


main()
lab.done()
