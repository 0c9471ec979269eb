# SPDX-License-Identifier: BSD-3-Clause
"""Calls between Chromium (opus) and a phone (G.711), each offering once: tones both ways, keys to the phone."""
import asyncio
import os
import re

import chromium
import lab
from ng import Proxy
from talker import Talker, frequency, near

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'phone.html')
BROWSER_HZ, PHONE_HZ = 440, 700


async def converse(page, talker, what):
    lab.check(f'{what}: connected', await asyncio.to_thread(lab.until, 15, lambda: page.call('state') == 'connected'),
              page.call('state'))
    talking = asyncio.ensure_future(talker.talk(8))
    await asyncio.sleep(2)
    await asyncio.to_thread(page.call, 'press', '5')
    await talking
    n, hz, loud = page.call('heard')
    lab.check(f'{what}: the browser hears the phone', n == 48000 and near(hz, PHONE_HZ) and loud > 0.1, (n, hz, loud))
    stats = page.call('inbound')
    lab.check(f'{what}: as opus, all of it, with little concealed', stats['codec'] == 'audio/opus' and stats['lost'] == 0
              and stats['packets'] > 200 and stats['concealed'] < stats['all'] * 0.1, stats)
    print('    the browser received', stats, flush=True)
    samples, keys, steady = talker.heard()
    lab.check(f'{what}: the phone hears the browser', near(frequency_of(samples), BROWSER_HZ), frequency_of(samples))
    lab.check(f'{what}: and its key, once', keys == [5], keys)
    lab.check(f'{what}: as one stream without gaps', steady)


def frequency_of(samples):
    return frequency(samples[-8000:], 8000)


def opus_in(sdp):
    return re.search(r'opus/48000/2', sdp) is not None


async def browser_calls(browser):
    proxy, talker, page = Proxy(), Talker(41000, 'PCMU', PHONE_HZ), browser.open('file://' + PAGE)
    flags = {'call_id': 'c1', 'from_tag': 'A'}
    page.call('begin', BROWSER_HZ)
    offer = page.call('offer')
    offer = re.sub(r'(?m)^a=rtpmap:0 .*\r\n', '', offer).replace(' 0 8 ', ' ')  # one without PCMU and PCMA
    # as the usual recipe for WebRTC to SIP has it
    talker.phone.hear(proxy.ok('offer', sdp=offer, flags=['trust-address'], ICE='remove',
                               replace=['origin', 'session-connection'], transport_protocol='RTP/AVP',
                               rtcp_mux=['demux'], codec={'mask': ['all'], 'transcode': ['PCMU']}, **flags))
    seen = talker.phone.sdp_seen
    lab.check('nothing of a browser reaches the phone', 'RTP/AVP ' in seen and 'PCMU' in seen and not
              re.search('ice-|candidate|fingerprint|setup|rtcp-mux|BUNDLE|opus', seen), seen)
    answer = proxy.ok('answer', sdp=talker.phone.sdp(), to_tag='B', ICE='force', transport_protocol='UDP/TLS/RTP/SAVPF',
                      **flags)
    lab.check('the browser is answered with opus', opus_in(answer) and 'PCMU' not in answer, answer)
    page.call('accept', answer)
    await converse(page, talker, 'browser calls phone')
    page.call('leave')
    proxy.ok('delete', call_id='c1', from_tag='A')


async def phone_calls(browser):
    proxy, talker, page = Proxy(), Talker(42000, 'PCMA', PHONE_HZ), browser.open('file://' + PAGE)
    flags = {'call_id': 'c2', 'from_tag': 'A'}
    page.call('begin', BROWSER_HZ)
    offer = proxy.ok('offer', sdp=talker.phone.sdp(), transport_protocol='UDP/TLS/RTP/SAVPF', ICE='force',
                     rtcp_mux=['offer', 'require'], codec={'mask': ['PCMA'], 'transcode': ['opus']}, **flags)
    lab.check('the browser is offered opus', opus_in(offer), offer)
    answer = page.call('answer', offer)
    talker.phone.hear(proxy.ok('answer', sdp=answer, to_tag='B', **flags))
    lab.check('the phone is answered with PCMA', 'PCMA/8000' in talker.phone.sdp_seen, talker.phone.sdp_seen)
    await converse(page, talker, 'phone calls browser')
    page.call('leave')
    proxy.ok('delete', call_id='c2', from_tag='A')


async def main():
    browser = chromium.Browser('server')
    try:
        await browser_calls(browser)
        await phone_calls(browser)
    finally:
        browser.close()
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))


asyncio.run(main())
lab.done()
