# SPDX-License-Identifier: BSD-3-Clause
"""aiortc as the browser of a call: one audio section, a tone to say, and what it hears."""
import asyncio
import fractions
import math
import struct

import aiortc
import av
from aiortc.mediastreams import MediaStreamTrack

RATE = 48000


class Tone(MediaStreamTrack):
    """A sine of `hz`, 20 ms a frame."""
    kind = 'audio'

    def __init__(self, hz):
        super().__init__()
        self.hz, self.n, self.began = hz, 0, None

    async def recv(self):
        loop = asyncio.get_event_loop()
        self.began = self.began or loop.time()
        await asyncio.sleep(max(0, self.began + self.n / RATE - loop.time()))
        samples = RATE // 50
        frame = av.AudioFrame(format='s16', layout='mono', samples=samples)
        frame.planes[0].update(struct.pack(f'<{samples}h', *(
            int(12000 * math.sin(2 * math.pi * self.hz * (self.n + i) / RATE)) for i in range(samples))))
        frame.pts, frame.sample_rate, frame.time_base = self.n, RATE, fractions.Fraction(1, RATE)
        self.n += samples
        return frame


class Browser:
    """codecs: those that it speaks, by their names ("opus"); all of its own without."""

    def __init__(self, codecs=(), hz=500):
        self.pc = aiortc.RTCPeerConnection()
        self.heard = None
        self.pc.on('track', lambda track: setattr(self, 'heard', track))
        self.pc.addTrack(Tone(hz))
        if codecs:
            known = aiortc.RTCRtpSender.getCapabilities('audio').codecs
            self.pc.getTransceivers()[0].setCodecPreferences(
                [c for c in known if c.mimeType.split('/')[1].lower() in codecs])

    async def offer(self):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answer(self, sdp):
        await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(sdp, 'offer'))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return self.pc.localDescription.sdp

    async def hears(self, sdp):
        await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(sdp, 'answer'))

    async def connected(self):
        for _ in range(300):
            if self.pc.connectionState == 'connected':
                return True
            await asyncio.sleep(0.05)
        return False

    async def listen(self, frames):
        """Samples of the first channel, and their rate."""
        samples, rate = [], RATE
        for _ in range(frames):
            frame = await asyncio.wait_for(self.heard.recv(), 5)
            channels, rate = len(frame.layout.channels), frame.sample_rate
            n = frame.samples * channels
            samples += struct.unpack(f'<{n}h', bytes(frame.planes[0])[:2 * n])[::channels]
        return samples, rate
