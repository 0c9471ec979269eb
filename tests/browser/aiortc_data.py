# SPDX-License-Identifier: BSD-3-Clause
"""aiortc's data channels through the engine: echo, topics, pipes."""
import asyncio
import json
import os
import socket

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


def heard(channel, what):
    return until(10, lambda: what in channel.heard)


async def topics_and_pipes():
    one, (chat1, game1), _, where1 = await connect('/whip/lounge', [('chat', {}), ('game', MODES[4])])
    two, (chat2, other2), came, where2 = await connect('/whip/lounge', [('chat', {'protocol': 'topic'}), ('x', {})])
    lab.check('all channels open', await until(10, lambda: chat1.open and game1.open and chat2.open and other2.open))
    chat1.send('hello')
    lab.check('the topic reaches the other', await heard(chat2, 'hello'))
    chat2.send(b'back')
    lab.check('and back', await heard(chat1, b'back'))
    lab.check('nobody hears himself, or another topic', chat1.heard == [b'back'] and not other2.heard and not game1.heard)
    id2 = where2.rsplit('/', 1)[1].split('.')[0]
    id1 = where1.rsplit('/', 1)[1].split('.')[0]
    pipe = Channel(one.createDataChannel('file', protocol=f'to={id2}', ordered=False))
    lab.check('a pipe arrives', await until(10, lambda: pipe.open and came), pipe.open)
    end2 = came[0]
    lab.equal('its label and protocol', (end2.channel.label, end2.channel.protocol, end2.channel.ordered),
              ('file', f'from={id1}', False))
    pipe.send('ping')
    lab.check('by the pipe', await heard(end2, 'ping'))
    end2.send('pong')
    lab.check('and back', await heard(pipe, 'pong'))
    end2.channel.close()
    lab.check('closing one end closes the other', await until(10, lambda: pipe.closed))
    nobody = Channel(one.createDataChannel('file', protocol='to=pnobody'))
    lab.check('a pipe to nobody is closed', await until(10, lambda: nobody.closed))
    status, _, text = await asyncio.to_thread(http, 'GET', BASE + '/api/v1/data')
    rows = json.loads(text)['data']
    lab.check('the API counts', status == 200 and len(rows) == 2
              and any(c['label'] == 'chat' and c['messages_in'] == 1 for r in rows for c in r['channels']), text)
    await end(one, where1)
    await end(two, where2)


class Program:
    """The bridge, as docs/data.md has it."""

    def __init__(self):
        self.bridge = socket.socket(socket.AF_UNIX)
        self.bridge.settimeout(10)
        self.bridge.connect(os.environ['RUN_DIR'] + '/data.sock')
        self.wire = self.bridge.makefile('rwb')

    def say(self, head, body=b''):
        if body:
            head['len'] = len(body)
        self.wire.write(json.dumps(head).encode() + b'\n' + body)
        self.wire.flush()

    def hear(self, kind):
        for line in self.wire:
            head = json.loads(line)
            body = self.wire.read(head.get('len', 0))
            if head['t'] == kind:
                return head, body
        raise EOFError


async def programs():
    program = Program()
    program.say({'t': 'join', 'room': 'lounge', 'name': 'parrot'})
    me = program.hear('joined')[0]['id']
    program.say({'t': 'open', 'ch': 1, 'label': 'chat'})
    pc, (chat, store), _, where = await connect('/whip/lounge', [('chat', {}), ('store', {'protocol': f'to={me}'})])
    lab.check('channels open', await until(10, lambda: chat.open and store.open))
    chat.send('hello')
    head, body = await asyncio.to_thread(program.hear, 'message')
    lab.equal('a program hears', (head['ch'], head['text'], body), (1, True, b'hello'))
    program.say({'t': 'message', 'ch': 1, 'text': True}, b'squawk')
    lab.check('a program speaks', await heard(chat, 'squawk'))
    big = os.urandom(60000)
    store.send(big)
    head, body = await asyncio.to_thread(program.hear, 'message')
    lab.check('by the pipe to it', head['ch'] == -1 and not head['text'] and body == big)
    program.say({'t': 'message', 'ch': -1}, big)
    lab.check('and back', await heard(store, big))
    program.bridge.shutdown(socket.SHUT_RDWR)
    lab.check('its end closes the pipe', await until(10, lambda: store.closed))
    await end(pc, where)


async def main():
    await echo(())
    await echo((AudioStreamTrack(),))
    await topics_and_pipes()
    await programs()


if __name__ == '__main__':
    asyncio.run(main())
    lab.done()
