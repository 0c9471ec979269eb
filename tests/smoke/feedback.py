# SPDX-License-Identifier: BSD-3-Clause
"""A camera that sends VP8 and a screen that takes VP9, in plain RTP: what each is asked for, and what it gets for asking."""
import struct
import time
from fractions import Fraction

import av
from aiortc.codecs.vpx import Vp8Encoder

import lab
from ng import Phone, Proxy, rtp

CAMERA_SSRC, SCREEN_SSRC = 0x1234, 0x77
FEEDBACK = ('nack', 'nack pli', 'ccm fir')
NACK, PLI = (205, 1), (206, 1)


def phone(port, codec, pt):
    return Phone('198.18.0.1', port, proto='RTP/AVPF', codecs=(f'{pt} {codec}/90000',), kind='video',
                 lines=[f'a=rtcp-fb:{pt} {x}' for x in FEEDBACK])


class Camera:
    """Pictures of 160 x 120 that become brighter and dark again."""

    def __init__(self):
        self.phone, self.encoder, self.n, self.seq, self.sent = phone(40000, 'VP8', 96), Vp8Encoder(), 0, 65500, {}

    def shoot(self, key=False, lose=0):
        """A picture without its first `lose` packets; the number of the first."""
        frame = av.VideoFrame(160, 120, 'yuv420p')
        for plane in frame.planes:
            plane.update(bytes([16 + self.n * 3 % 200]) * plane.buffer_size)
        frame.pts, frame.time_base = self.n * 3000, Fraction(1, 90000)
        payloads, _ = self.encoder.encode(frame, force_keyframe=key)
        first = self.seq
        for i, payload in enumerate(payloads):
            packet = bytearray(rtp(self.seq, payload, 96, CAMERA_SSRC, self.n * 3000))
            packet[1] |= 0x80 * (i == len(payloads) - 1)
            self.sent[self.seq] = bytes(packet)
            if i >= lose:
                self.phone.says(self.sent[self.seq])
            self.seq = (self.seq + 1) & 0xffff
        self.n += 1
        return first


class Screen:
    def __init__(self):
        self.phone, self.got, self.begun, self.keys, self.ssrc = phone(41000, 'VP9', 97), {}, 0, 0, None
        self.doubles = []

    def look(self):
        """What has come: packets by number, beginnings of pictures, key frames among them (RFC 9628 s4.2: P, B)."""
        self.phone.sock.setblocking(False)
        while got := self.phone.hears(0.001):
            pt, seq, self.ssrc = struct.unpack('!xBH4xI', got[0][:12])
            assert pt & 0x7f == 97, got
            if seq in self.got:
                self.doubles.append(seq)
                continue
            self.got[seq] = got[0]
            self.begun += got[0][12] & 0x08 != 0
            self.keys += got[0][12] & 0x48 == 0x08


def feedback(phone, seconds):
    """((type, format), media SSRC, the rest) of each feedback packet that comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = phone.hears(0.01, rtcp=True)
        data = got[0] if got else b''
        while data:
            form, kind, words = struct.unpack('!BBH', data[:4])
            if kind in (205, 206):
                yield (kind, form & 0x1f), struct.unpack('!I', data[8:12])[0], data[12:4 * words + 4]
            data = data[4 * words + 4:]


def asked(camera, what, seconds=2):
    return next((f for f in feedback(camera.phone, seconds) if f[0] == what), None)


def run(camera, screen, pictures, least=0):
    """At 30 a second; whether the screen gets at least so many. On a busy machine some are left out as too late."""
    before = screen.begun
    for _ in range(pictures):
        camera.shoot()
        time.sleep(1 / 30)  # the beat of a camera
        screen.look()
    return lab.until(2, lambda: screen.look() or screen.begun - before >= least)


def ask(screen, kind, rest=b''):
    head = struct.pack('!BBHI', 0x80, 201, 1, SCREEN_SSRC)
    words = 2 + len(rest) // 4
    screen.phone.reports(head + struct.pack('!BBHII', 0x80 | kind[1], kind[0], words, SCREEN_SSRC, screen.ssrc) + rest)


def main():
    proxy, camera, screen = Proxy(), Camera(), Screen()
    flags = {'call_id': 'v1', 'from_tag': 'A'}
    screen.phone.hear(proxy.ok('offer', sdp=camera.phone.sdp(), codec={'mask': ['VP8'], 'transcode': ['VP9']}, **flags))
    seen = screen.phone.sdp_seen
    screen.phone.codecs = [line[9:] for line in seen.split('\r\n') if line.startswith('a=rtpmap:')]
    pt = screen.phone.codecs[0].split()[0]
    lab.check('the screen is offered VP9 and feedback', screen.phone.codecs == [f'{pt} VP9/90000'] and
              all(f'a=rtcp-fb:{pt} {x}\r\n' in seen for x in FEEDBACK), seen)
    lab.equal('with the next free payload type', pt, '97')
    camera.phone.hear(proxy.ok('answer', sdp=screen.phone.sdp(), to_tag='B', **flags))
    lab.check('the camera is answered with VP8', ' 96\r\n' in camera.phone.sdp_seen and 'VP9' not in camera.phone.sdp_seen,
              camera.phone.sdp_seen)

    # nothing is there before a key frame
    camera.shoot(key=True, lose=1000)
    camera.sent.clear()
    camera.shoot()
    got = asked(camera, PLI)
    lab.check('a camera that begins in the middle is asked for a key frame', got and got[1] == CAMERA_SSRC, got)
    camera.shoot(key=True)
    lab.check('and what it sends from there is seen', run(camera, screen, 30, 20) and screen.keys == 1,
              (screen.begun, screen.keys))

    lost = camera.shoot(lose=1)
    camera.shoot()
    got = asked(camera, NACK)
    lab.check('a packet that is lost is asked for', got and got[1] == CAMERA_SSRC and
              struct.unpack('!H', got[2][:2])[0] == lost, (got, lost))
    before = screen.begun
    camera.phone.says(camera.sent[lost])
    run(camera, screen, 5)
    lab.check('and with it both pictures are there, and what follows',
              lab.until(2, lambda: screen.look() or screen.begun - before >= 4), screen.begun - before)

    camera.shoot(lose=1)
    camera.shoot()
    got = asked(camera, PLI)
    lab.check('one that does not come makes a key frame wanted', got and got[1] == CAMERA_SSRC, got)
    camera.shoot(key=True)
    lab.check('which is seen, and what follows', run(camera, screen, 10, 6), screen.begun)

    keys = screen.keys
    ask(screen, PLI)
    run(camera, screen, 5)
    lab.check('the screen gets a key frame when it asks for one', lab.until(2, lambda: screen.look() or screen.keys > keys))
    lost = max(screen.got, key=lambda seq: (seq - min(screen.got)) & 0xffff)
    nack = struct.pack('!HH', lost, 0)  # more than once: what was sent just now is not sent again
    lab.check('and a packet once more', lab.until(2, lambda: ask(screen, NACK, nack) or screen.look() or screen.doubles),
              screen.doubles)
    lab.equal('that one', set(screen.doubles), {lost})
    proxy.ok('delete', call_id='v1', from_tag='A')
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))


main()
lab.done()
