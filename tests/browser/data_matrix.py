# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of data channel and of message, between two stacks through one engine, with and without loss.

A flow is eight channels, one of each mode, from one client to another (or back to itself: echo). Each says texts, binaries
and both empty kinds in turn, numbered and with the time in them; what arrives is held against what the mode promises:

  never twice, never something else, in order when that was asked; reliable: all of it.
  Lifetime T, unordered: each of the two ways (to the server, from it) may take T, and the machine its time.
  Lifetime T, ordered: besides it may have waited for word that one before it was given up, which comes when the
  sender's retransmission timer fires (aiortc: at least 1 s; Chromium 0.4 s; the engine 0.3 s) and may be lost, too.
  No retransmissions: the engine sends no packet of its twice, and what was lost is missing at the end.
"""
import asyncio
import os
import shutil
import subprocess
import time

import chromium
import firefox
import lab
from data_peer import OPEN_S, PAGE, Own, Page, all_open, eventually, rows_of_api

LIMITS = ({}, {'maxRetransmits': 0}, {'maxRetransmits': 3}, {'maxPacketLifeTime': 200})
MODES = [dict(ordered=ordered, **limit) for ordered in (True, False) for limit in LIMITS]
N = int(os.environ.get('MESSAGES', '40'))  # of each mode, a quarter of each kind
GAP_MS = 50
PAD = 900  # within one packet: aiortc 1.4 loses reliable messages in pieces when others are given up
SLACK_MS = 250
RTO_MS = {'aiortc': 1000, 'Chromium': 400, 'Firefox': 1000}


def lose(percent):
    """On the clients' side, both ways; at the device, because a sender is told of what is dropped in `output`."""
    rules = 'add table netdev loss; delete table netdev loss;'
    if percent:
        drop = f'numgen random mod 100 < {percent} drop'
        rules += f'''table netdev loss {{
            chain in {{ type filter hook ingress device turnpike0 priority 0; udp sport 3480 {drop}; }}
            chain out {{ type filter hook egress device turnpike0 priority 0; udp dport 3480 {drop}; }}
        }}'''
    subprocess.run(['nft', '-f', '-'], input=rules.encode(), check=True, timeout=10)


class Lag:
    """How long this process did not run: what it adds to all times."""

    def __init__(self):
        self.most, self.task = 0, asyncio.ensure_future(self.run())

    async def run(self):
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            self.most = max(self.most, (time.monotonic() - before) * 1000 - 10)

    def end(self):
        self.task.cancel()
        return self.most


# --- what a mode promises ---------------------------------------------------------------------------


def name_of(mode):
    limit = [f'{k} {v}' for k, v in mode.items() if k != 'ordered']
    return ' '.join(['ordered' if mode['ordered'] else 'unordered', *(limit or ['reliable'])])


def kind_of(i):
    """Of a row: a text or a binary by its number, an empty one without."""
    return (i % 2, i if i % 4 < 2 else -1)


def late(mode, rows, sender, lag):
    life = mode.get('maxPacketLifeTime')
    if life is None:
        return []
    bound = 2 * life + SLACK_MS + lag
    # what is in order waits for what came before; these two send a first time, however old the message is
    if mode['ordered'] or sender in ('Firefox', 'aiortc'):
        bound += 2 * (RTO_MS[sender] + 300)
    worst = max((r[3] for r in rows), default=0)
    return [f'{worst} ms on the way, at most {bound:.0f}'] if worst > bound else []


def faults(mode, rows, n, loss, sender, lag):
    got, said = [(r[0], r[1]) for r in rows], [kind_of(i) for i in range(n)]
    numbers = [i for _, i in got if i >= 0]
    found = late(mode, rows, sender, lag)
    if len(set(numbers)) != len(numbers) or any(got.count(k) > said.count(k) for k in ((0, -1), (1, -1))):
        found.append('something came twice')
    if not set(got) <= set(said) or any(r[2] != PAD for r in rows if r[1] >= 0):
        found.append('something came that was not said')
    if mode['ordered'] and numbers != sorted(numbers):
        found.append('not in order')
    if len(mode) == 1 and (sorted(got) != sorted(said) or mode['ordered'] and got != said):
        found.append(f'reliable: {len(got)} of {n}')
    if len(got) < n * (0.6 if loss else 0.95):
        found.append(f'only {len(got)} of {n}')
    return found


# --- flows -----------------------------------------------------------------------------------------------


class Flow:
    def __init__(self, name, sender, out, receiver, into):
        self.name, self.sender, self.out, self.receiver, self.into = name, sender, out, receiver, into

    async def complete(self):
        """The reliable ones have all: for them one waits."""
        counts = await self.receiver.counts(self.into)
        return all(c >= N for c, mode in zip(counts, MODES) if len(mode) == 1)


async def echo(stack):
    link = await stack.connect('/whip/echo', [(f'e{i}', mode) for i, mode in enumerate(MODES)])
    lab.check(f'{stack.name}: channels to the echo open', await all_open(link, link.made), await link.states(link.made))
    return [Flow(f'{stack.name} -> echo -> {stack.name}', link, link.made, link, link.made)]


async def pipes(a, link_a, b, link_b, tag):
    """From a to b: the server opens them on b, and their mode is a's."""
    before = len(await link_b.came())
    near = [await link_a.open(f'{tag}{i}', protocol=f'to={link_b.id}', **mode) for i, mode in enumerate(MODES)]

    async def here():
        return len(await link_b.came()) >= before + len(MODES)
    there = await eventually(OPEN_S, here) and await all_open(link_a, near)
    lab.check(f'{a.name} opens pipes to {b.name}', there, await link_a.states(near))
    far = sorted([(await c.mode(), c) for c in (await link_b.came())[before:]], key=lambda pair: pair[0])
    wanted = [(f'{tag}{i}', f'from={link_a.id}', mode['ordered'], mode.get('maxRetransmits'),
               mode.get('maxPacketLifeTime')) for i, mode in enumerate(MODES)]
    lab.equal(f'{b.name}: their labels, order and reliability are those of {a.name}', [m for m, _ in far], wanted)
    far = [c for _, c in far]
    return [Flow(f'{a.name} -> pipe of {a.name} -> {b.name}', link_a, near, link_b, far),
            Flow(f'{b.name} -> pipe of {a.name} -> {a.name}', link_b, far, link_a, near)]


async def room(a, b, name):
    wanted = [(f't{i}', mode) for i, mode in enumerate(MODES)]
    link_a, link_b = await asyncio.gather(a.connect(f'/whip/{name}', wanted), b.connect(f'/whip/{name}', wanted))
    for stack, link in ((a, link_a), (b, link_b)):
        lab.check(f'{stack.name}: topics open', await all_open(link, link.made), await link.states(link.made))
    return [Flow(f'{a.name} -> topic -> {b.name}', link_a, link_a.made, link_b, link_b.made),
            Flow(f'{b.name} -> topic -> {a.name}', link_b, link_b.made, link_a, link_a.made),
            *await pipes(a, link_a, b, link_b, 'p'), *await pipes(b, link_b, a, link_a, 'q')]


async def run(flows, loss):
    lag = Lag()
    await asyncio.gather(*(f.sender.say(f.out, N, PAD, GAP_MS) for f in flows))

    async def complete():
        return all([await f.complete() for f in flows])
    await eventually(90, complete)
    await asyncio.sleep(2 if loss else 0.3)  # what is late or twice would come now
    lag = lag.end()
    for f in flows:
        sender = f.name.split()[0]
        rows = [await c.take() for c in f.into]
        bad = {name_of(m): x for m, r in zip(MODES, rows) if (x := faults(m, r, N, loss, sender, lag))}
        lab.check(f'{loss} % loss: {f.name}: every mode as it should be', not bad, bad)
        print('    of', N, 'came', ' '.join(str(len(r)) for r in rows), '; most ms on the way',
              ' '.join(str(max((x[3] for x in r), default=0)) for r in rows), f'; lag {lag:.0f} ms', flush=True)


async def matrix(a, b, loss):
    lose(loss)
    flows = [*await echo(a), *await echo(b), *await room(a, b, f'loss{loss}{a.name}')]
    await run(flows, loss)
    for link in {f.sender for f in flows}:
        await link.end()
    lose(0)


# --- no retransmission is none ---------------------------------------------------------------------------------


async def row_of(link):
    return next(r for r in await rows_of_api() if r['connection'] == link.id)


async def once(stack):
    """Only channels without retransmissions: then the engine sends no packet again."""
    link = await stack.connect('/whip/echo', [(f'o{i}', {'ordered': i > 0, 'maxRetransmits': 0}) for i in range(2)])
    lab.check(f'{stack.name}: channels open', await all_open(link, link.made))
    await asyncio.sleep(0.5)  # the opening is over
    before = (await row_of(link))['retransmitted']
    lose(5)
    await link.say(link.made, 200, PAD, 5)
    await asyncio.sleep(2)
    lose(0)
    row = await row_of(link)
    came = sum(await link.counts(link.made))
    there, back = (sum(c[key] for c in row['channels']) for key in ('messages_in', 'messages_out'))
    lab.equal(f'{stack.name}: no retransmissions: the engine sent nothing again', row['retransmitted'] - before, 0)
    lab.check(f'{stack.name}: no retransmissions: what was lost is missing', 250 < came < back <= there <= 400,
              (came, back, there))
    print(f'    400 sent, {there} came there, {back} were sent back, {came} came', flush=True)
    await link.end()


async def with_chromium(own):
    browser = chromium.Browser('server', PAGE)
    try:
        page = Page(browser, 'Chromium')
        for loss in (0, 5):
            await matrix(page, own, loss)
        for stack in (page, own):
            await once(stack)
    finally:
        browser.close()


async def with_firefox(own):
    if not shutil.which('firefox-esr'):
        return
    browser = firefox.Browser('server')
    try:
        await matrix(Page(browser.open('file://' + PAGE), 'Firefox'), own, 5)
    finally:
        browser.close()


async def main():
    own = Own()
    for name, run_with in (('chromium', with_chromium), ('firefox', with_firefox)):
        if name in os.environ.get('BROWSERS', 'chromium firefox'):
            began = time.monotonic()
            await run_with(own)
            print(f'    {name}: {time.monotonic() - began:.0f} s', flush=True)


if __name__ == '__main__':
    asyncio.run(main())
    lab.done()
