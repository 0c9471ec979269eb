# SPDX-License-Identifier: BSD-3-Clause
"""Three pages of one Chromium and two telephones in a room: each says a tone of its own, everyone hears everyone.
SHOTS=DIR keeps a picture."""
import json
import math
import os
import re
import struct
import threading
import urllib.request

import asyncio
import chromium
import lab
from ng import Proxy
from talker import Talker

URL = 'http://127.0.0.1:8080/'
PAGES = {'ada': 310, 'bob': 530, 'cleo': 790}  # Hz
PHONES = {'front desk': 1130, 'warehouse': 1710}

# Instead of a microphone a tone; instead of a camera a plain picture.
DEVICES = '''navigator.mediaDevices.getUserMedia = async want => {
    const out = new MediaStream();
    if (want.audio) {
        const context = new AudioContext({sampleRate: 48000});
        const tone = new OscillatorNode(context, {frequency: %d}), gain = new GainNode(context, {gain: 0.2});
        const to = new MediaStreamAudioDestinationNode(context);
        tone.connect(gain).connect(to);
        tone.start();
        await context.resume();
        out.addTrack(to.stream.getAudioTracks()[0]);
    }
    if (want.video) {
        const canvas = document.createElement('canvas');
        canvas.width = 320, canvas.height = 180;
        const pen = canvas.getContext('2d');
        setInterval(() => {
            pen.fillStyle = `hsl(%d 60%% ${40 + Date.now() / 100 %% 20}%%)`;
            pen.fillRect(0, 0, 320, 180);
        }, 100);
        out.addTrack(canvas.captureStream(10).getVideoTracks()[0]);
    }
    return out;
};'''

# By the name of a participant: Hz of the loudest in its sound of about 170 ms, and how loud (dB).
HEARD = '''(async () => {
    const all = {};
    window.ears ??= new Map();
    for (const [key, tile] of turnpike.tiles) {
        const media = tile.media?.get('audio');
        if (key === 'self' || !media)
            continue;
        if (ears.get(key)?.track !== media.track) {
            const context = new AudioContext({sampleRate: 48000});
            const analyser = new AnalyserNode(context, {fftSize: 8192, smoothingTimeConstant: 0});
            new MediaStreamAudioSourceNode(context, {mediaStream: new MediaStream([media.track])}).connect(analyser);
            await context.resume();
            ears.set(key, {track: media.track, context, analyser});
        }
        const {analyser} = ears.get(key), bins = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(bins);
        const at = bins.indexOf(Math.max(...bins));
        all[turnpike.names.get(key) ?? key] = [at * 48000 / 8192, Math.max(bins[at], -200)];
    }
    return all;
})()'''


def rooms():
    with urllib.request.urlopen(URL + 'api/v1/rooms', timeout=10) as answer:
        return json.load(answer)['rooms']


def members():
    return {p['name']: p for r in rooms() for p in r['participants']}


def hears(page, tones):
    """The page hears each of them, by name, as the tone that it says."""
    got = page.evaluate(HEARD)
    return all(name in got and got[name][1] > -60 and abs(got[name][0] - hz) < 12 for name, hz in tones.items())


class Telephone:
    """A phone that says its tone in a thread of its own until it hangs up."""

    def __init__(self, proxy, name, port, codec):
        self.proxy, self.name, self.hz = proxy, name, PHONES[name]
        self.talker = Talker(port, codec, self.hz)
        self.call, self.on = {'call_id': name.replace(' ', '-'), 'from_tag': 'tag-' + codec}, True

    def dials(self, room):
        answer = self.proxy.ok('offer', sdp=self.talker.phone.sdp('a=sendrecv'), room=room, label=self.name, **self.call)
        self.talker.phone.hear(answer)
        self.thread = threading.Thread(target=asyncio.run, args=(self.speak(),))
        self.thread.start()
        return answer

    async def speak(self):
        while self.on:
            await self.talker.talk(0.5)

    def stop(self):
        self.on = False
        self.thread.join()

    def level(self, hz):
        """Of a tone in the last second that was heard: 1 is as loud as can be."""
        samples = self.talker.heard()[0][-8000:]
        n = len(samples)
        at = [2 * math.pi * hz * i / 8000 for i in range(n)]
        re_, im = sum(s * math.cos(a) for s, a in zip(samples, at)), sum(s * math.sin(a) for s, a in zip(samples, at))
        return 2 * math.hypot(re_, im) / n / 32768 if n == 8000 else 0

    def hears(self, tones, silent=()):
        return all(self.level(hz) > 0.02 for hz in tones) and all(self.level(hz) < 0.005 for hz in silent)

    def levels(self):
        return {hz: round(self.level(hz), 4) for hz in [*PAGES.values(), *PHONES.values()]}


def everyone(pages, phones):
    tones = {**{n: PAGES[n] for n in pages}, **{p.name: p.hz for p in phones}}
    for name, page in pages.items():
        others = {n: hz for n, hz in tones.items() if n != name}
        lab.check(f'{name} hears {", ".join(others)}', lab.until(20, lambda p=page, o=others: hears(p, o)), page.evaluate(HEARD))
    for phone in phones:
        others = [hz for n, hz in tones.items() if n != phone.name]
        lab.check(f'the {phone.name} hears the other {len(others)}, and not itself',
                  lab.until(20, lambda p=phone, o=others: p.hears(o, [p.hz])), phone.levels())


def conference(browser):
    proxy = Proxy()
    desk, house = Telephone(proxy, 'front desk', 43000, 'PCMU'), Telephone(proxy, 'warehouse', 44000, 'PCMA')
    pages = {}
    try:
        for name, hz in PAGES.items():
            pages[name] = browser.open(f'{URL}?room=meet&name={name}&join=1', DEVICES % (hz, hz))
        answer = desk.dials('meet')
        lab.check('the phone is answered by the room itself', re.search(r'^m=audio \d+ RTP/AVP 0 101\r?$', answer, re.M) and
                  'a=sendrecv' in answer and 'o=- 1 1' not in answer, answer)
        everyone(pages, [desk])
        lab.check('it is a participant', members()['front desk']['kind'] == 'phone', members())
        house.dials('meet')
        everyone(pages, [desk, house])
        if os.environ.get('SHOTS'):
            pages['ada'].screenshot(os.path.join(os.environ['SHOTS'], 'phone_room.png'))

        pages['cleo'].close()
        del pages['cleo']
        lab.check('who left is not heard any more', lab.until(20, lambda: desk.hears([310, 530, 1710], [790, 1130])), desk.levels())
        for page in pages.values():
            page.click('#microphone')
        lab.check('nor who is muted', lab.until(20, lambda: desk.hears([1710], [310, 530])), desk.levels())
        desk.stop()
        lab.check('the other phone speaks', lab.until(20, lambda: any(r['speaker'] == members()['warehouse']['id'] for r in rooms())), rooms())
        lab.check('who is silent for the configured time is gone', lab.until(20, lambda: 'front desk' not in members()), members())
        lab.check('and its call', [c for c in proxy.ask('list')['calls']] == ['warehouse'], proxy.ask('list'))
        house.stop()
        proxy.ok('delete', call_id='warehouse', from_tag='tag-PCMA')
        lab.check('who hangs up too', lab.until(5, lambda: set(members()) == {'ada', 'bob'}), members())
        lab.check('the pages know', lab.until(10, lambda: len(pages['ada'].evaluate('[...turnpike.tiles.keys()]')) == 2),
                  pages['ada'].evaluate('[...turnpike.tiles.keys()]'))
        for page in pages.values():
            page.click('#leave')
        steady = house.talker.heard()[2]
        lab.check('what it heard was one stream without gaps', steady)
    finally:
        for phone in (desk, house):
            phone.on = False


def refusals():
    proxy = Proxy()
    phone = Talker(45000, 'PCMU', 400).phone
    flags = {'call_id': 'r', 'from_tag': 'A'}
    for what, words, wrong in (('no room of that name can be', {'room': 'a b'}, "room's name"),
                               ('no codec that is known', {'room': 'meet', 'sdp': phone.sdp().replace('PCMU', 'G729')
                                .replace('AVP 0', 'AVP 77').replace('rtpmap:0', 'rtpmap:77')}, 'codec'),
                               ('no voice', {'room': 'meet', 'sdp': phone.sdp().replace('m=audio', 'm=video')}, 'audio')):
        got = proxy.ask('offer', **{'sdp': phone.sdp(), **flags, **words})
        lab.check(f'refused: {what}', got['result'] == 'error' and wrong in got['error-reason'], got)
    lab.check('and nothing is left of it', proxy.ask('list')['calls'] == [], proxy.ask('list'))


def main():
    browser = chromium.Browser('server')
    try:
        conference(browser)
        refusals()
    finally:
        browser.close()
    lab.check('nothing is left', lab.until(10, lambda: not lab.show('sessions')['sessions']), lab.show('sessions'))
    lab.check('every packet is accounted for', lab.until(5, lab.balanced))


main()
lab.done()
