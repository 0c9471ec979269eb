# SPDX-License-Identifier: BSD-3-Clause
"""aioice's TURN client: 1000 messages through an allocation that it must keep alive, then no trace of it."""
import asyncio
import hashlib
import logging
import os
import sys
import time

from aioice import turn

import lab

MESSAGES, LIFETIME = 1000, 9
# turnserver grants no Refresh less than 600 s
REFRESHES = 1 if os.environ['SUT'] == 'coturn' else 3


class Echoes(asyncio.DatagramProtocol):
    def __init__(self):
        self.got, self.news = {}, asyncio.Event()

    def datagram_received(self, data, addr):
        self.got[data[:4]] = (data, addr)
        self.news.set()


class RefreshCount(logging.Handler):
    n = 0

    def emit(self, record):
        self.n += 'allocation refreshed' in record.getMessage()


def payload(i):
    seed = hashlib.sha256(str(i).encode()).digest()
    return i.to_bytes(4, 'big') + (seed * 40)[:20 + i % 1000]


async def relay(family):
    count = RefreshCount()
    logging.getLogger('aioice').addHandler(count)
    logging.getLogger('aioice').setLevel(logging.INFO)
    peer = (lab.host(2), 3480)  # aioice asks for IPv4 relayed addresses only
    transport, echoes = await turn.create_turn_endpoint(
        Echoes, (lab.server(1, family), 3478), 'alice', 'wonderland', lifetime=LIFETIME, channel_refresh_time=5)
    # paced over as many refreshes (each at 5/6 of the lifetime) as are asked for, and some more
    started, span = time.monotonic(), (REFRESHES + 0.5) * LIFETIME * 5 / 6
    for i in range(MESSAGES):
        transport.sendto(payload(i), peer)
        await asyncio.sleep(max(0, started + span * (i + 1) / MESSAGES - time.monotonic()))
    try:
        while len(echoes.got) < MESSAGES:
            echoes.news.clear()
            await asyncio.wait_for(echoes.news.wait(), 3)
    except asyncio.TimeoutError:
        pass
    intact = sum(echoes.got.get(i.to_bytes(4, 'big')) == (payload(i), peer) for i in range(MESSAGES))
    lab.equal(f'IPv{family} client: messages echoed intact', intact, MESSAGES)
    lab.check(f'IPv{family} client: at least {REFRESHES} refreshes', count.n >= REFRESHES, count.n)
    closed = asyncio.get_running_loop().create_future()
    echoes.connection_lost = lambda exc: closed.set_result(exc)
    transport.close()
    await asyncio.wait_for(closed, 10)


if __name__ == '__main__':
    asyncio.run(relay(int(sys.argv[1])))
    lab.done()
