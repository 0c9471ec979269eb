# SPDX-License-Identifier: BSD-3-Clause
"""aiortc as publisher and receiver over WHIP and WHEP, alone (echo) and with a Chromium member."""
import asyncio
import contextlib
import urllib.error
import urllib.request

import aiortc
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

import chromium
import lab
import room

BASE = 'http://127.0.0.1:8080'


def http(method, url, body=None, kind='application/sdp'):
    request = urllib.request.Request(url, data=body.encode() if body else None, method=method,
                                     headers={'Content-Type': kind} if body else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


class Count:
    """Frames of a received track."""

    def __init__(self, track):
        self.kind, self.n = track.kind, 0
        self.task = asyncio.ensure_future(self.run(track))

    async def run(self, track):
        with contextlib.suppress(aiortc.mediastreams.MediaStreamError):  # its end
            while True:
                await track.recv()
                self.n += 1


async def offer(path, send, receive):
    """An offer to `path`: the connection, what it receives, and where it can be deleted."""
    pc = aiortc.RTCPeerConnection()
    counts = []
    pc.on('track', lambda track: counts.append(Count(track)))
    for track in send:
        pc.addTransceiver(track, direction='sendrecv' if receive else 'sendonly')
    if not send:
        for kind in ('audio', 'video'):
            pc.addTransceiver(kind, direction='recvonly')
    await pc.setLocalDescription(await pc.createOffer())
    status, headers, text = await asyncio.to_thread(http, 'POST', BASE + path, pc.localDescription.sdp)
    lab.equal(f'{path}: created', (status, headers.get('Content-Type')), (201, 'application/sdp'))
    await pc.setRemoteDescription(aiortc.RTCSessionDescription(text, 'answer'))
    return pc, counts, headers['Location']


async def until(seconds, holds):
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.05)
    return True


def both(counts, n):
    return {c.kind for c in counts if c.n >= n} == {'audio', 'video'}


async def end(pc, location):
    status, _, _ = await asyncio.to_thread(http, 'DELETE', BASE + location)
    lab.equal('deleted', status, 200)
    await pc.close()


async def echo():
    pc, counts, location = await offer('/whip/echo', [AudioStreamTrack(), VideoStreamTrack()], True)
    lab.check('echo: own audio and video come back', await until(15, lambda: both(counts, 50)),
              [(c.kind, c.n) for c in counts])
    await end(pc, location)
    status, _, _ = await asyncio.to_thread(http, 'DELETE', BASE + location)
    lab.equal('deleted again', status, 404)


async def with_chromium():
    browser = chromium.Browser('server')
    try:
        page = await asyncio.to_thread(room.join, browser, 'mixed', 'chromium')
        pc, _, location = await offer('/whip/mixed', [AudioStreamTrack(), VideoStreamTrack()], False)
        lab.check('Chromium sees and hears aiortc', await asyncio.to_thread(lab.until, 20, lambda: room.sees(page, 1)),
                  await asyncio.to_thread(room.figures, page))
        receiver, counts, where = await offer('/whep/mixed', [], True)
        lab.check('aiortc sees and hears the room', await until(15, lambda: both(counts, 30)),
                  [(c.kind, c.n) for c in counts])
        room.shot(page, 'aiortc')
        await end(receiver, where)
        await end(pc, location)
        lab.check('its tile goes', await asyncio.to_thread(lab.until, 5, lambda: len(room.tiles(page)) == 1))
    finally:
        browser.close()


async def refusals():
    for what, path, body, kind, wanted in (
            ('an offer that is none', '/whip/echo', 'hello', 'application/sdp', 400),
            ('another content type', '/whip/echo', 'v=0', 'text/plain', 415),
            ('a room name that is none', '/whip/a%20b', 'v=0', 'application/sdp', 404)):
        status, _, text = await asyncio.to_thread(http, 'POST', BASE + path, body, kind)
        lab.check(f'{what}: {wanted} and a sentence', status == wanted and len(text) > 5, (status, text))


async def main():
    await refusals()
    await echo()
    await with_chromium()


if __name__ == '__main__':
    asyncio.run(main())
    lab.done()
