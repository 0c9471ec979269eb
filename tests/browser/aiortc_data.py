# SPDX-License-Identifier: BSD-3-Clause
"""aiortc's data channels through the engine: echo, topics, pipes."""
import asyncio
import os

import aiortc
from aiortc.mediastreams import AudioStreamTrack

import lab
from aiortc_peer import BASE, end, http, until

MODES = [dict(ordered=ordered, **limit) for ordered in (True, False)
         for limit in ({}, {'maxRetransmits': 3}, {'maxPacketLifeTime': 500})]


class Channel:
    """A channel and what came by it."""

    def __init__(self, channel):
        self.channel, self.heard, self.open, self.closed = channel, [], channel.readyState == 'open', False
        channel.on('message', self.heard.append)
        channel.on('open', lambda: setattr(self, 'open', True))
        channel.on('close', lambda: setattr(self, 'closed', True))

    def send(self, what):
        self.channel.send(what)


async def connect(path, channels, media=()):
    """An offer with data to `path`: the connection, its channels, those that came, where it can be deleted."""
    pc = aiortc.RTCPeerConnection()
    for track in media:
        pc.addTransceiver(track, direction='sendrecv')
    made = [Channel(pc.createDataChannel(label, **options)) for label, options in channels]
    came = []
    pc.on('datachannel', lambda c: came.append(Channel(c)))
    await pc.setLocalDescription(await pc.createOffer())
    status, _, text = answer = await asyncio.to_thread(http, 'POST', BASE + path, pc.localDescription.sdp)
    lab.check(f'{path}: created', status == 201, text)
    await pc.setRemoteDescription(aiortc.RTCSessionDescription(text, 'answer'))
    return pc, made, came, answer[1]['Location']


async def echo(media):
    pc, made, _, location = await connect('/whip/echo', [(f'c{i}', mode) for i, mode in enumerate(MODES)], media)
    lab.check('all channels open', await until(10, lambda: all(c.open for c in made)), [c.open for c in made])
    said = ['text', b'\x00binary\xff', '', b'', 'ü' * 500, os.urandom(60000)]
    for mode, channel in zip(MODES, made):
        for what in said:
            channel.send(what)
        lab.check(f'{mode}: all come back', await until(10, lambda c=channel: len(c.heard) >= len(said)),
                  [len(x) for x in channel.heard])
        same = channel.heard == said if mode['ordered'] else all(x in channel.heard for x in said)
        lab.check(f'{mode}: as they were', same and len(channel.heard) == len(said))
    await end(pc, location)


async def main():
    await echo(())
    await echo((AudioStreamTrack(),))


if __name__ == '__main__':
    asyncio.run(main())
    lab.done()
