# SPDX-License-Identifier: BSD-3-Clause
"""Calls between Chromium (SIP over WebSocket, opus) and baresip (SIP over UDP, PCMU) that Kamailio brings about, each
calling once: speech and keys both ways, and nothing left at the end. GATEWAY says who carries the media: turnpike, or
rtpengine as a second opinion. What Kamailio and the gateway said to each other is written to the file named by NG."""
import base64
import json
import os
import urllib.request

import chromium
import lab
import speech
from baresip import Baresip
from ng import Proxy
from talker import decode
from wire import Wire

PAGE = 'file://' + os.path.join(os.path.dirname(os.path.abspath(__file__)), 'sip_phone.html')
SIP, WS = '198.18.0.1:5060', 'ws://198.18.0.1:8088'
RTP = range(40000, 40021)
OURS = os.environ['GATEWAY'] == 'turnpike'
SPEECH = os.environ['SPEECH'] == 'speech'  # or only have the calls
# By windows of 400 ms, in the telephone band, through PCMU and Opus at Chromium's usual rate, on a machine that may be
# busy (0.94, 0.54 and 0.28 beside a compiler, else at least 0.94, 0.83 and 0.7); other speech: 0.54, 0.23 and 0.
MEDIAN, TENTH, STEADY = 0.85, 0.4, 0.2
ROUNDS = 2  # how often the recording is said


class Telephones:
    """Both of them, registered, and what crosses the wire."""

    def __init__(self):
        self.said = {who: speech.record(who) for who in speech.PHRASES}
        wav = os.path.join(os.environ['LAB'], 'phone.wav')
        speech.write_wav(wav, speech.numpy.concatenate([self.said['phone']] * ROUNDS + [speech.numpy.zeros(120 * speech.RATE)]))
        self.wire = Wire()
        self.phone = Baresip('phone', SIP, '198.18.0.1', wav, rtp=RTP[0])
        self.browser = chromium.Browser('server')
        self.page = self.browser.open(PAGE)
        wide = speech.resample(self.said['browser'], speech.RATE, 48000)
        got = self.page.call('register', WS, 'web', '198.18.0.1', base64.b64encode(speech.pcm(wide)).decode())
        lab.check('the browser is registered', got == 'SIP/2.0 200 OK', got)
        lab.check('the phone is registered', lab.until(20, self.phone.is_registered), self.phone.text())

    def heard(self, *seconds):
        """By the browser: the last seconds, or all of the call; at 8 kHz."""
        raw = base64.b64decode(self.page.call('recording', *seconds))
        return speech.resample(speech.of_pcm(raw), 48000, speech.RATE)

    def close(self):
        self.phone.close()
        self.browser.close()
        self.wire.close()


def is_speech(what, heard, said):
    median, tenth, steady, windows = got = speech.likeness(heard, said)
    print(f'    {what}: correlation median {median}, 10th percentile {tenth}; {windows} windows, '
          f'{steady:.0%} in step', flush=True)
    lab.check(what, median >= MEDIAN and tenth >= TENTH and steady >= STEADY and windows >= 15, got)


def phone_heard(packets, what):
    """Samples of what came to the phone, and the keys in it."""
    kinds = {p[1] & 0x7f for p in packets}
    lab.check(f'{what}: PCMU comes to the phone, and keys', 0 in kinds and len(kinds) == 2, kinds)
    keys = {int.from_bytes(p[4:8], 'big'): p[12] for p in packets if p[1] & 0x7f}
    samples = [x for p in packets if p[1] & 0x7f == 0 for x in decode('PCMU', p[12:])]
    return speech.numpy.array(samples) / 32768, list(keys.values())


def said_it(t):
    """Whether the browser has heard the phone to its end: more than half of it, and then nothing for two seconds."""
    seconds, loudest = t.page.call('loudness', 2)
    return seconds > len(t.said['phone']) / speech.RATE * ROUNDS / 2 and loudest < 0.003


def converse(t, what):
    page, phone = t.page, t.phone
    state = lambda: page.call('state')
    lab.check(f'{what}: the browser is in the call', lab.until(30, lambda: state() == 'talking connected'), state())
    lab.check(f'{what}: the phone is in the call', phone.waits('CALL_ESTABLISHED'), phone.text())
    if SPEECH:
        speak(t, what)


def speak(t, what):
    page, phone = t.page, t.phone
    page.call('speak')
    lab.check(f'{what}: the recording has come to its end', lab.until(60, lambda: said_it(t)), page.call('inbound'))
    for key in '4#':
        page.call('press', key)
    lab.check(f'{what}: the phone gets keys', phone.waits('CALL_DTMF_END', 2), phone.seen)
    phone.command('sndcode', '8')
    lab.check(f'{what}: the browser hears a key', lab.until(20, lambda: speech.keys_in(t.heard(2)) == ['8']))
    lab.equal(f'{what}: and no other, nor twice', speech.keys_in(t.heard()), ['8'])
    samples, keys = phone_heard(t.wire.rtp(RTP, True)[t.before:], what)
    lab.equal(f'{what}: the phone got those keys', [keys, phone.events('CALL_DTMF_START')], [[4, 11], ['4', '#']])
    is_speech(f'{what}: the phone hears the browser', samples, t.said['browser'])
    is_speech(f'{what}: the browser hears the phone', t.heard(), t.said['phone'])
    stats = page.call('inbound')
    lab.check(f'{what}: as opus, nothing lost', stats['codec'] == 'audio/opus' and stats['lost'] == 0, stats)


def calls():
    """Of the gateway, by its own account."""
    if not OURS:
        return Proxy().ask('list')['calls']
    with lab.namespace('server'), urllib.request.urlopen('http://127.0.0.1:8080/api/v1/calls', timeout=5) as got:
        return json.load(got)['calls']


def is_over(t, what):
    lab.check(f'{what}: over for the browser', lab.until(10, lambda: t.page.call('state').startswith('idle')),
              t.page.call('state'))
    lab.check(f'{what}: over for the phone', t.phone.waits('CALL_CLOSED'), t.phone.seen)
    t.page.call('leave')
    lab.check(f'{what}: no call is left', lab.until(5, lambda: not calls()), calls())


def browser_calls(t):
    t.page.call('call', 'phone')
    converse(t, 'browser calls phone')
    t.page.call('hangUp')
    is_over(t, 'browser calls phone')


def phone_calls(t):
    t.phone.command('dial', 'sip:web@' + SIP)
    converse(t, 'phone calls browser')
    t.phone.command('hangup')
    is_over(t, 'phone calls browser')


def metric(name):
    with lab.namespace('server'), urllib.request.urlopen('http://127.0.0.1:8080/metrics', timeout=5) as got:
        return int(next(line for line in got.read().decode().split('\n') if line.startswith(name + ' ')).split()[1])


def nothing_left():
    for name in ('turnpike_gateway_calls', 'turnpike_gateway_ports', 'turnpike_gateway_pipes'):
        lab.equal(f'{name} at the end', metric(name), 0)
    lab.check('no session is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))
    lab.check('every packet is accounted for', lab.until(5, lab.balanced))


def main():
    t = Telephones()
    try:
        for call in (browser_calls, phone_calls):
            t.before = len(t.wire.rtp(RTP, True))
            t.phone.forget()
            call(t)
    finally:
        said = t.wire.ng()
        t.close()
        with open(os.environ['NG'], 'w') as out:
            json.dump(said, out)
    lab.check('the gateway did what it was told, and understood all of it',
              all(got['result'] in ('ok', 'pong') and 'warning' not in got for _, got in said),
              [(asked['command'], {k: v for k, v in got.items() if k != 'sdp'}) for asked, got in said])
    if OURS:
        nothing_left()


main()
lab.done()
