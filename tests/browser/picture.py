# SPDX-License-Identifier: BSD-3-Clause
"""Two pages, one that speaks VP8 and one that speaks VP9 alone, call each other: each sees the other's picture move."""
import os
import re

import chromium
import lab
from ng import Proxy

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'picture.html')
RED, BLUE = '#c82828', '#2828c8'


def video_codecs(sdp):
    return set(re.findall(r'(?m)^a=rtpmap:\d+ (VP8|VP9|H264|AV1)/', sdp))


def is_like(mean, colour):
    want = [int(colour[i:i + 2], 16) for i in (1, 3, 5)]
    return mean and all(abs(a - b) < 30 for a, b in zip(mean, want))


def look(page, what, colour, codec):
    lab.check(f'{what}: a picture of that colour, whole', lab.until(20, lambda: is_like(page.call('seen').get('mean'), colour)),
              (page.call('seen'), page.call('stats')))
    seen = page.call('seen')
    lab.check(f'{what}: of the size that was sent, when there is room for it', seen['size'][0] * 9 == seen['size'][1] * 16,
              seen)
    places = {seen['square']}
    lab.check(f'{what}: and it moves', lab.until(10, lambda: len(places) > 5 or places.add(page.call('seen')['square'])),
              places)
    before = page.call('stats')
    lab.check(f'{what}: picture after picture', lab.until(10, lambda: page.call('stats')['decoded'] > before['decoded'] + 60),
              (before, page.call('stats')))
    stats = page.call('stats')
    lab.check(f'{what}: as {codec}', stats['received'] == 'video/' + codec, stats)
    print('   ', what, stats, flush=True)


def call(browser, caller_codec, callee_codec):
    proxy = Proxy()
    caller, callee = browser.open('file://' + PAGE), browser.open('file://' + PAGE)
    flags = {'call_id': caller_codec, 'from_tag': 'A'}
    caller.call('begin', RED, caller_codec)
    callee.call('begin', BLUE, callee_codec)
    offer = caller.call('offer')
    lab.check(f'the caller knows {caller_codec} alone', video_codecs(offer) == {caller_codec}, offer)
    offer = proxy.ok('offer', sdp=offer, ICE='force', transport_protocol='UDP/TLS/RTP/SAVPF',
                     codec={'mask': [caller_codec], 'transcode': [callee_codec]}, **flags)
    lab.check(f'the callee is offered {callee_codec}', video_codecs(offer) == {callee_codec}, offer)
    answer = callee.call('answer', offer)
    lab.check(f'the callee knows {callee_codec} alone', video_codecs(answer) == {callee_codec}, answer)
    lab.check('and may ask for key frames and packets', 'nack pli' in answer and 'ccm fir' in answer, answer)
    answer = proxy.ok('answer', sdp=answer, to_tag='B', ICE='force', **flags)
    lab.check(f'the caller is answered with {caller_codec}', video_codecs(answer) == {caller_codec}, answer)
    caller.call('accept', answer)
    for page in (caller, callee):
        lab.check('connected', lab.until(15, lambda page=page: page.call('state') == 'connected'), page.call('state'))
    look(caller, f'{callee_codec} seen as {caller_codec}', BLUE, caller_codec)
    look(callee, f'{caller_codec} seen as {callee_codec}', RED, callee_codec)
    caller.call('leave')
    callee.call('leave')
    proxy.ok('delete', call_id=caller_codec, from_tag='A')


def main():
    browser = chromium.Browser('server')
    try:
        call(browser, 'VP8', 'VP9')
        call(browser, 'VP9', 'VP8')
    finally:
        browser.close()
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))


main()
lab.done()
