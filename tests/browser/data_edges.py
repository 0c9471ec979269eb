# SPDX-License-Identifier: BSD-3-Clause
"""Edges of data channels, with Chromium and aiortc on one engine: sizes, ids, names, openings, limits, who never reads."""
import asyncio
import os
import re
import time

import chromium
import lab
from aiortc_peer import BASE, http
from data_matrix import lose, row_of
from data_peer import PAGE, Own, Page, all_closed, all_open, eventually
from fault import pid_of

K = 1024
ROUNDS = 100
CHANNELS = 256  # of a connection
SURPLUS = 20
EARLY = 10
GROWTH = 24 << 20  # what three receivers that take nothing may cost: send buffer, queue and held messages of each
SLOWED_MS = 50  # later than alone, in the middle
POUR = {'n': 600, 'pad': 20 * K, 'gap': 8}  # half of them are empty: some 10 Mb/s, in all more than any queue holds


async def opened(stack, path, wanted, **more):
    link = await stack.connect(path, wanted, **more)
    lab.check(f'{stack.name}: {path}: channels open', await all_open(link, link.made), await link.states(link.made))
    return link


async def comes(receiver, channel, n, seconds=10):
    async def holds():
        return (await receiver.counts([channel]))[0] >= n
    return await eventually(seconds, holds)


async def echoes(link, channel):
    """One word, and back: the association lives."""
    if not await all_open(link, [channel], 0):
        return False
    await channel.take()
    await link.say([channel], 1, 100, 0)
    return await comes(link, channel, 1)


async def metric(name):
    _, _, text = await asyncio.to_thread(http, 'GET', BASE + '/metrics')
    return float(re.search(rf'^turnpike_data_{name} (\S+)', text, re.M)[1])


# --- sizes --------------------------------------------------------------------------------------------


async def big_from_page(page):
    link = await opened(page, '/whip/echo', [('big', {}), ('loose', {'ordered': False})])
    lab.equal('Chromium: it may send 256 KiB', await page.call('limit', link.number), 256 * K)
    for loss in (0, 5):
        lose(loss)
        for c in link.made:
            await c.call('keep')
            for text in (False, True):
                said = await c.call('attempt', 256 * K, text)
                whole = await eventually(20, lambda c=c: c.call('same', 256 * K))
                lab.check(f'Chromium: 256 KiB of {"text" if text else "bytes"} there and back, {loss} % loss',
                          said == '' and whole, said)
    lose(0)
    lab.equal('Chromium: 257 KiB: send() throws', await link.made[0].call('attempt', 257 * K, False), 'TypeError')
    lab.check('Chromium: and goes on', await echoes(link, link.made[0]) and await echoes(link, link.made[1]))
    await link.end()


async def big_from_aiortc(own):
    link = await opened(own, '/whip/echo', [('big', {}), ('small', {})], message_max=256 * K)
    for loss in (0, 5):
        lose(loss)
        for body in (os.urandom(256 * K), 'ü' * 128 * K):
            link.made[0].channel.send(body)
            await eventually(30, lambda b=body: same(link.made[0], b))
            lab.check(f'aiortc: 256 KiB there and back, {loss} % loss', link.made[0].last == body)
    lose(0)
    link.made[0].channel.send(bytes(257 * K))
    lab.check('aiortc: 257 KiB: its channel is closed', await all_closed(link, link.made[:1], 10))
    lab.check('aiortc: the others go on', await echoes(link, link.made[1]))
    link.made[0] = await link.open('big')
    lab.check('aiortc: it opens again', await all_open(link, link.made) and await echoes(link, link.made[0]))
    await link.end()


async def same(channel, body):
    return channel.last == body


async def big_between(page, own):
    a = await opened(page, '/whip/big', [('big', {})])
    b = await opened(own, '/whip/big', [('big', {})], message_max=256 * K)
    small = await opened(own, '/whip/big', [('big', {})])  # takes 64 KiB
    was = await metric('too_big_total')
    await a.made[0].call('keep')
    lab.equal('Chromium says 256 KiB', await a.made[0].call('attempt', 256 * K, False), '')
    lab.check('aiortc has them', await comes(b, b.made[0], 1) and len(b.made[0].last) == 256 * K)
    b.made[0].channel.send(b.made[0].last)
    lab.check('and Chromium has them again', await eventually(10, lambda: a.made[0].call('same', 256 * K)))
    await a.say(a.made, 1, 100, 0)
    lab.check('who takes 64 KiB has the small one', await comes(small, small.made[0], 1))
    lab.equal('and the big ones are counted', (await metric('too_big_total') - was, len(small.made[0].rows)), (2, 1))
    for link in (a, b, small):
        await link.end()


# --- ids and names ------------------------------------------------------------------------------------------


async def negotiated(page, own):
    how = ('n', {'negotiated': True, 'id': 5})
    a, b = await opened(page, '/whip/agreed', [how]), await opened(own, '/whip/agreed', [how])
    await a.say(a.made, 1, 100, 0)  # who has said something is in the topic
    await b.say(b.made, 1, 100, 0)
    await asyncio.sleep(1)  # the server waits for an OPEN first
    for c in (*a.made, *b.made):
        await c.take()
    await a.say(a.made, 8, 100, 0)
    await b.say(b.made, 8, 100, 0)
    lab.check('negotiated: both ways', await comes(b, b.made[0], 8) and await comes(a, a.made[0], 8))
    lab.equal('negotiated: the topic is #5', [c['id'] for c in (await row_of(a))['channels']], [5])
    for link in (a, b):
        await link.end()


async def own_rounds(link, n):
    ids, good = set(), 0
    for i in range(n):
        c = await link.open('again')
        good += await all_open(link, [c], 5)
        c.channel.send(f'round {i}')
        good += await comes(link, c, 1, 5) and c.last == f'round {i}'
        ids.add(c.channel.id)
        c.channel.close()
        good += await all_closed(link, [c], 5)
    return good / 3, ids


async def reuse(page, own):
    for stack in (page, own):
        link = await opened(stack, '/whip/echo', [('stays', {})])
        good, ids = await (page.call('rounds', link.number, ROUNDS, 'again') if stack is page
                           else own_rounds(link, ROUNDS))
        lab.check(f'{stack.name}: opened and closed {ROUNDS} times', good == ROUNDS, good)
        lab.check(f'{stack.name}: ids come again', len(ids) <= 2, ids)
        lab.check(f'{stack.name}: nothing is left over', await eventually(5, lambda k=link: only(k, 1)))
        await link.end()


async def only(link, n):
    return len((await row_of(link))['channels']) == n


async def names(page, own):
    label, protocol = 'ü' * 127 + 'x', '語' * 85
    wanted = [(label, {'protocol': protocol}), ('', {}), ('a\nb', {'protocol': 'topic;full=drop'})]
    a, b = await opened(page, '/whip/names', wanted), await opened(page, '/whip/names', wanted)
    await a.say(a.made, 2, 100, 0)
    for i, what in enumerate(('255 bytes of label and of protocol', 'an empty label', 'options')):
        lab.check(f'{what}: heard', await comes(b, b.made[i], 2))
    c = await opened(own, '/whip/names', [('x', {})])
    await a.open(label, protocol=f'to={c.id}')
    await a.open('', protocol=f'to={c.id}')
    await eventually(10, lambda: arrived(c, 2))
    lab.equal('pipes to aiortc under these labels', sorted(x.channel.label for x in c.arrived), ['', label])
    for what, options in (('label', (label + 'x', {})), ('protocol', ('l', {'protocol': protocol + 'x'}))):
        one = await a.open(options[0], **options[1])
        lab.check(f'256 bytes of {what}: closed', await all_closed(a, [one]))
    await a.say(a.made, 2, 100, 0)
    lab.check('and the others go on', await comes(b, b.made[0], 4))
    for link in (a, b, c):
        await link.end()


async def arrived(link, n):
    return len(link.arrived) >= n


# --- openings ---------------------------------------------------------------------------------------------------


async def at_once(page, own):
    for stack in (page, own):
        link = await opened(stack, '/whip/echo', [('stays', {})])
        for _ in range(50):
            c = await link.open('moth')
            await asyncio.sleep(0)
            await link.close([c])
        lab.check(f'{stack.name}: opened and closed at once, 50 times: nothing is left over',
                  await eventually(10, lambda k=link: only(k, 1)), await row_of(link))
        lab.check(f'{stack.name}: and goes on', await echoes(link, link.made[0]))
        await link.end()


async def before_ack(own):
    """aiortc waits for the ACK; this one does not. Unordered, and packets are lost: some come before their OPEN."""
    link = await opened(own, '/whip/echo', [('stays', {})])
    lose(5)
    made = [await link.open(f'early{i}', ordered=False) for i in range(EARLY)]
    await asyncio.sleep(0)
    for c in made:
        c.channel._setReadyState('open')
    await link.say(made, 8, 100, 0)
    for c in made:
        await comes(link, c, 8)
    lab.equal('messages before the ACK come back, each on its channel', await link.counts(made), [8] * EARLY)
    lose(0)
    await link.end()


async def surplus(page, own):
    for stack in (page, own):
        link = await opened(stack, '/whip/echo', [('first', {})])
        refused = (await row_of(link))['refused']
        more = [await link.open(f's{i}') for i in range(CHANNELS - 1 + SURPLUS)]

        async def settled():
            states = await link.states(more)
            return states.count('open') == CHANNELS - 1 and states.count('closed') == SURPLUS
        lab.check(f'{stack.name}: {SURPLUS} channels too many are closed, no others', await eventually(20, settled),
                  {s: (await link.states(more)).count(s) for s in ('connecting', 'open', 'closing', 'closed')})
        lab.equal(f'{stack.name}: and counted', (await row_of(link))['refused'] - refused, SURPLUS)
        live = [link.made[0], *(c for c, s in zip(more, await link.states(more)) if s == 'open')]
        await link.say(live, 2, 100, 0)

        async def all_heard():
            return all(n == 2 for n in await link.counts(live))
        lab.check(f'{stack.name}: the {CHANNELS} others carry', await eventually(20, all_heard))
        await link.end()


# --- who never reads ----------------------------------------------------------------------------------------------


def memory():
    with open(f'/proc/{pid_of("control")}/status') as status:
        return int(re.search(r'VmRSS:\s+(\d+)', status.read())[1]) * K


async def swallow(_):
    """As if it were stopped: nothing is acknowledged."""


def shut(sctp):
    """Its buffer is full: it answers, takes nothing, and says so."""
    async def full(_):
        sctp._sack_needed = True
    sctp._receive_data_chunk, sctp._advertised_rwnd = full, 0


async def pour(sender, reader):
    """To the reader: how many came, milliseconds on the way in the middle and at most."""
    await reader.made[0].take()
    await sender.say(sender.made, **POUR)
    await comes(reader, reader.made[0], POUR['n'], 20)
    rows = await reader.made[0].take()
    times = sorted(r[3] for r in rows if r[1] >= 0)
    return len(rows), times[len(times) // 2], times[-1]


class Memory:
    """Of control, at most."""

    def __init__(self):
        self.before = self.most = self.now()
        self.task = asyncio.ensure_future(self.watch())

    @staticmethod
    def now():
        with open(f'/proc/{pid_of("control")}/status') as status:
            return int(re.search(r'VmRSS:\s+(\d+)', status.read())[1]) * K

    async def watch(self):
        while True:
            self.most = max(self.most, self.now())
            await asyncio.sleep(0.1)

    def grown(self):
        self.task.cancel()
        return self.most - self.before


async def never_reads(page, own, other):
    sender, reader = [await opened(page, '/whip/pour', [('pour', {})]) for _ in range(2)]
    alone, memory = await pour(sender, reader), Memory()
    dead, full = [await opened(own, '/whip/pour', [('pour', {'protocol': how}), ('other', {})])
                  for how in ('topic;full=drop', 'topic')]
    dead.pc.sctp._handle_data = swallow
    shut(full.pc.sctp)
    blocked = await opened(other, '/whip/pour', [('pour', {'protocol': 'topic;full=drop'})])
    await other.call('block', 3000)  # it is not asked for anything before that is over
    beside = await pour(sender, reader)
    grown = memory.grown()
    print(f'    of {POUR["n"]} the reader has, after so many ms (middle, most): alone {alone}, beside three that take'
          f' nothing {beside}; control {memory.before / K / K:.1f} MiB, at most {grown / K / K:.1f} more', flush=True)
    lab.check('the reader has all, and is not slowed',
              alone[0] == beside[0] == POUR['n'] and beside[1] <= alone[1] + SLOWED_MS, (alone, beside))
    lab.check('memory is bounded', grown < GROWTH, grown)
    row = (await row_of(blocked))['channels'][0]
    lab.check('a page whose script stood still has what was not dropped, and lives',
              await comes(blocked, blocked.made[0], POUR['n'] - row['dropped'], 20), row)
    row = (await row_of(dead))['channels'][0]
    lab.check('full=drop: its channel is there, and what was dropped is counted',
              row['label'] == 'pour' and row['dropped'] > 0, row)
    lab.equal('full=close: its channel is closed, the other one is not',
              [c['label'] for c in (await row_of(full))['channels']], ['other'])
    for link in (sender, reader, dead, full, blocked):
        await link.end()


async def main():
    browser = chromium.Browser('server', PAGE)
    try:
        page, other, own = Page(browser, 'Chromium'), Page(browser.open('file://' + PAGE), 'Chromium'), Own()
        only_these = os.environ.get('CASES', '').split()
        cases = [(big_from_page, page), (big_from_aiortc, own), (big_between, page, own), (negotiated, page, own),
                 (reuse, page, own), (names, page, own), (at_once, page, own), (before_ack, own), (surplus, page, own),
                 (never_reads, page, own, other)]
        for case, *args in cases:
            if not only_these or case.__name__ in only_these:
                began = time.monotonic()
                await case(*args)
                print(f'    {case.__name__}: {time.monotonic() - began:.1f} s', flush=True)
    finally:
        browser.close()


if __name__ == '__main__':
    asyncio.run(main())
    lab.done()
