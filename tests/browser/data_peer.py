# SPDX-License-Identifier: BSD-3-Clause
"""Two stacks with one face: a browser's page (data_peer.html) and aiortc. Connections and channels are objects here; all
that waits is awaited, so that both run at once.
"""
import asyncio
import json
import os
import re
import time

import aiortc
import aiortc_mend

from aiortc_peer import BASE, http

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data_peer.html')


async def post(path, sdp):
    """An offer to the server: its answer, where the connection can be deleted, the participant's id."""
    status, headers, text = await asyncio.to_thread(http, 'POST', BASE + path, sdp)
    if status != 201:
        raise RuntimeError(f'{path}: {status} {text}')
    location = headers['Location']
    return text, location, location.rsplit('/', 1)[1].split('.')[0]


def message(i, pad):
    """As the page's."""
    if i % 4 > 1:
        return '' if i % 4 == 2 else b''
    text = f'{i} {int(time.time() * 1000)} '.ljust(pad, 'x')
    return text.encode() if i % 4 else text


def row(data):
    """As the page's: kind, number, length, milliseconds on the way."""
    binary = isinstance(data, bytes)
    words = re.match(rb'(\d+) (\d+) ', data[:40] if binary else data[:40].encode())
    number, at = (int(words[1]), int(words[2])) if words else (-2 if data else -1, 0)
    return [int(binary), number, len(data), int(time.time() * 1000) - at if words else 0]


# --- a browser ------------------------------------------------------------------------------------


class PageChannel:
    def __init__(self, link, number):
        self.link, self.page, self.number = link, link.page, number

    def call(self, function, *args):
        return self.page.call(function, self.number, *args)

    async def state(self):
        return await self.call('state')

    async def mode(self):
        return tuple(await self.call('mode'))

    async def take(self):
        return await self.call('take')


class PageLink:
    """One connection of a page."""

    def __init__(self, page):
        self.page, self.made = page, []

    async def connect(self, path, wanted=()):
        self.number, sdp, numbers = await self.page.call('offer', list(wanted))
        text, self.location, self.id = await post(path, sdp)
        await self.page.call('accept', self.number, text)
        self.made = [PageChannel(self, n) for n in numbers]
        return self

    async def open(self, label, **options):
        return PageChannel(self, await self.page.call('open', self.number, label, options))

    async def came(self):
        return [PageChannel(self, n) for n in await self.page.call('came', self.number)]

    async def states(self, channels):
        return await self.page.call('states', [c.number for c in channels])

    async def counts(self, channels):
        return await self.page.call('counts', [c.number for c in channels])

    async def say(self, channels, n, pad, gap):
        await self.page.call('say', [c.number for c in channels], n, pad, gap)

    async def close(self, channels):
        await self.page.call('closeAll', [c.number for c in channels])

    async def end(self):
        await self.page.call('leave', self.number)
        await asyncio.to_thread(http, 'DELETE', BASE + self.location)


class Page:
    """A page of a browser: one call of it at a time goes over the wire, so long ones are begun and asked for."""

    def __init__(self, page, name):
        self.page, self.name, self.next = page, name, 0
        self.lock = vars(getattr(page, 'browser', page)).setdefault('lock', asyncio.Lock())  # pages of one share a pipe

    async def direct(self, function, *args):
        async with self.lock:
            return await asyncio.to_thread(self.page.call, function, *args)

    async def call(self, function, *args):
        self.next += 1
        slot = self.next
        await self.direct('begin', slot, function, json.dumps(args))
        while not (got := await self.direct('ask', slot)):
            await asyncio.sleep(0.02)
        got = json.loads(got)
        if isinstance(got, str):
            raise RuntimeError(f'{self.name}: {function}: {got}')
        return got[0]

    async def connect(self, path, wanted=()):
        return await PageLink(self).connect(path, wanted)


# --- aiortc ------------------------------------------------------------------------------------------


class OwnChannel:
    def __init__(self, channel):
        self.channel, self.rows, self.last = channel, [], None
        channel.on('message', self.hear)

    def hear(self, data):
        self.rows.append(row(data))
        self.last = data

    async def state(self):
        return self.channel.readyState

    async def mode(self):
        c = self.channel
        return c.label, c.protocol, c.ordered, c.maxRetransmits, c.maxPacketLifeTime

    async def take(self):
        rows, self.rows = self.rows, []
        return rows


class OwnLink:
    """One connection of aiortc. message_max: what its offer says instead of aiortc's 64 KiB."""

    def __init__(self, message_max=None):
        self.pc, self.arrived, self.made, self.message_max = aiortc.RTCPeerConnection(), [], [], message_max
        self.pc.on('datachannel', lambda c: self.arrived.append(OwnChannel(c)))

    async def connect(self, path, wanted=()):
        self.made = [OwnChannel(self.pc.createDataChannel(label, **options)) for label, options in wanted]
        if not wanted:
            self.pc.createDataChannel('unused', negotiated=True, id=1022)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        sdp = self.pc.localDescription.sdp
        if self.message_max:
            sdp = re.sub('max-message-size:.*?\r', f'max-message-size:{self.message_max}\r', sdp)
        text, self.location, self.id = await post(path, sdp)
        await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(text, 'answer'))
        return self

    async def open(self, label, **options):
        return OwnChannel(self.pc.createDataChannel(label, **options))

    async def came(self):
        return self.arrived

    async def states(self, channels):
        return [c.channel.readyState for c in channels]

    async def counts(self, channels):
        return [len(c.rows) for c in channels]

    async def say(self, channels, n, pad, gap):
        for i in range(n):
            for c in channels:
                c.channel.send(message(i, pad))
            await asyncio.sleep(gap / 1000)

    async def close(self, channels):
        for c in channels:
            c.channel.close()

    async def end(self):
        await asyncio.to_thread(http, 'DELETE', BASE + self.location)
        await self.pc.close()


class Own:
    name = 'aiortc'

    async def connect(self, path, wanted=(), **more):
        return await OwnLink(**more).connect(path, wanted)


# --- both ------------------------------------------------------------------------------------------------

# With loss. aiortc's timers begin at 3 s and double, and each of DTLS' flights, INIT, COOKIE-ECHO and OPEN may be lost
# more than once: at 15 % one connection in six needed more than 15 s, none of 36 more than 45.
OPEN_S = 90


async def eventually(seconds, holds):
    """`holds` is awaited; until its answer is true."""
    end = time.monotonic() + seconds
    while not (got := await holds()):
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return got


async def all_open(link, channels, seconds=OPEN_S):
    async def holds():
        return all(s == 'open' for s in await link.states(channels))
    return await eventually(seconds, holds)


async def all_closed(link, channels, seconds=15):
    async def holds():
        return all(s == 'closed' for s in await link.states(channels))
    return await eventually(seconds, holds)


async def rows_of_api():
    _, _, text = await asyncio.to_thread(http, 'GET', BASE + '/api/v1/data')
    return json.loads(text)['data']

