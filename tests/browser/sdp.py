# SPDX-License-Identifier: BSD-3-Clause
"""Offers of Chromium, our answers, and what Chromium makes of them; no packet is sent.

SAVE=DIR keeps the offers there, as tests/vectors/sdp holds them.
"""
import os
import subprocess

import chromium
import lab

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'sdp.html')
H264, VP9, AV1 = 4, 3, 5  # enum shm_codec


def answer(sdp, *args):
    done = subprocess.run([os.environ['SDP_ANSWER'], *args], input=sdp.encode(), capture_output=True, timeout=10)
    if done.returncode:
        raise RuntimeError(f'{done.stderr.decode()}\n{sdp}')
    return done.stdout.decode()


def exchange(browser, name, changes, *args, policy='max-bundle'):
    """An offer with these changes, and its answer taken: the sections as the browser sees them then."""
    offer = browser.call('offer', name, changes, policy)
    if os.environ.get('SAVE'):
        # addresses of the machine are not for keeping
        kept = [line for line in offer.splitlines() if not line.startswith('a=candidate')]
        with open(os.path.join(os.environ['SAVE'], f'chromium_{name}.sdp'), 'w') as out:
            out.write('\n'.join(kept) + '\n')
    answered = answer(offer, *args)
    try:
        return browser.call('accept', name, answered)
    except RuntimeError as error:
        lab.check(f'{name}: the answer is accepted', False, f'{error}\n{offer}\n{answered}')
        return []


def field(sections, key):
    return [section[key] for section in sections]


def video_codecs(name, sections, index, want):
    lab.equal(f'{name}: codecs agreed on', sections[index]['codecs'], want)


def call(browser):
    got = exchange(browser, 'call', ['audio', 'video', 'data'], policy='balanced')
    lab.equal('call: directions', field(got, 'direction'), ['sendrecv', 'sendrecv'])
    lab.equal('call: audio codecs', got[0]['codecs'], ['audio/opus'])
    video_codecs('call', got, 1, ['video/VP8', 'video/rtx'])
    lab.equal('call: extensions', sorted(got[1]['extensions']),
              ['abs-send-time', 'draft-holmer-rmcat-transport-wide-cc-extensions-01', 'mid', 'playout-delay',
               'repaired-rtp-stream-id', 'rtp-stream-id', 'video-orientation'])


def codecs(browser):
    for codec, name in ((H264, 'H264'), (VP9, 'VP9'), (AV1, 'AV1')):
        got = exchange(browser, f'codec_{name.lower()}', ['video'], f'codec={codec}')
        video_codecs(name, got, 0, [f'video/{name}', 'video/rtx'])


def simulcast(browser):
    got = exchange(browser, 'simulcast', ['send-audio', 'send-simulcast'])
    lab.equal('simulcast: directions', field(got, 'direction'), ['sendonly', 'sendonly'])
    lab.equal('simulcast: layers', got[1]['layers'], ['l', 'm', 'h'])


def receive(browser):
    got = exchange(browser, 'receive', ['receive-audio', 'receive-video', 'receive-video'])
    lab.equal('receive: directions', field(got, 'direction'), ['recvonly'] * 3)


def refuse(browser):
    for policy in ('balanced', 'max-bundle'):
        for refused, left in (('2', ['sendrecv', 'sendrecv']), ('1', ['sendrecv'])):
            got = exchange(browser, f'refuse_{refused}_{policy}', ['audio', 'video', 'data'], f'refuse={refused}',
                           policy=policy)
            lab.equal(f'{policy}, section {refused} refused: what is left', field(got, 'direction'), left)
        # the first carries the transport of all: it stays, without media
        got = exchange(browser, f'refuse_0_{policy}', ['audio', 'video', 'data'], 'refuse=0', 'refuse=2', policy=policy)
        lab.equal(f'{policy}, section 0 refused: what is left', field(got, 'direction'), ['inactive', 'sendrecv'])


def reoffers(browser):
    """A participant who publishes, subscribes, stops, subscribes again: every answer fits the session there is."""
    exchange(browser, 'again', ['send-audio', 'send-video', 'receive-audio'])
    got = exchange(browser, 'again', ['receive-video', 'receive-video'], 'version=2')
    lab.equal('reoffers: sections are added', field(got, 'direction'),
              ['sendonly', 'sendonly', 'recvonly', 'recvonly', 'recvonly'])
    got = exchange(browser, 'again', ['stop 3', 'stop 2'], 'version=3')
    lab.equal('reoffers: sections are stopped', field(got, 'direction'), ['sendonly', 'sendonly', 'recvonly'])
    got = exchange(browser, 'again', ['receive-video', 'receive-audio', 'receive-audio'], 'version=4')
    lab.equal('reoffers: their places are used again', len(field(got, 'direction')), 6)
    got = exchange(browser, 'again', ['restart'], 'version=5')
    lab.equal('reoffers: ICE restart', len(field(got, 'direction')), 6)
    got = exchange(browser, 'again', ['stop 0'], 'version=6')
    lab.equal('reoffers: the first of the bundle goes', len(field(got, 'direction')), 5)


def large(browser):
    got = exchange(browser, 'large', ['receive-audio', 'receive-video'] * 20)
    lab.equal('40 sections', field(got, 'direction'), ['recvonly'] * 40)


def main():
    browser = chromium.Browser('client', PAGE)
    try:
        for test in (call, codecs, simulcast, receive, refuse, reoffers, large):
            test(browser)
    finally:
        browser.close()


if __name__ == '__main__':
    main()
    lab.done()
