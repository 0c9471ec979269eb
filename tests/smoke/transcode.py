# SPDX-License-Identifier: BSD-3-Clause
"""Tones and keys through the codecs of both sides, at once and both ways."""
import asyncio
import re
import struct

import lab
from ng import Proxy
from talker import Talker, frequency, near
from webcall import Browser

def reported(got):
    """(packets that the sender report counts, packets lost in its block about us) of a compound."""
    kind, ssrc, lost = struct.unpack('!BB2x4x12x', got[0][:20])[1], *struct.unpack('!II', got[0][28:36])
    sent = struct.unpack('!I', got[0][20:24])[0]
    return (sent, lost & 0xffffff) if kind == 200 and ssrc == 0x1234 else (kind, ssrc)


async def phones():
    """µ-law to A-law and back, with a key from each side."""
    proxy = Proxy()
    a, b = Talker(40000, 'PCMU', 400), Talker(41000, 'PCMA', 700)
    flags = {'call_id': 't1', 'from_tag': 'A'}
    b.phone.hear(proxy.ok('offer', sdp=a.phone.sdp(), codec={'mask': ['all'], 'transcode': ['PCMA']}, **flags))
    seen = b.phone.sdp_seen
    lab.check('the other side is offered PCMA, and keys', re.search(r'^m=audio \d+ RTP/AVP (101 8|8 101)\r?$', seen, re.M)
              and 'PCMA/8000' in seen and 'PCMU' not in seen, seen)
    a.phone.hear(proxy.ok('answer', sdp=b.phone.sdp(), to_tag='B', voice=['echo-cancel'], **flags))
    seen = a.phone.sdp_seen
    lab.check('the offerer is answered with its own', re.search(r'^m=audio \d+ RTP/AVP 0 101\r?$', seen, re.M)
              and 'PCMA' not in seen, seen)
    a.key, b.key = (5, 60), (11, 100)
    await asyncio.gather(a.talk(4), b.talk(4))
    for who, tone, key, name in ((a, 700, 11, 'the first'), (b, 400, 5, 'the second')):
        samples, keys, steady = who.heard()
        lab.check(f'{name} hears about all of it (and silence before it)', 180 <= len(who.packets) <= 300, len(who.packets))
        lab.check(f'{name}: the tone', near(frequency(samples[8000:], 8000), tone), frequency(samples[8000:], 8000))
        lab.equal(f'{name}: the key, once', keys, [key])
        lab.check(f'{name}: one stream without gaps', steady)
        sent, lost = reported(who.phone.hears(6, rtcp=True))
        lab.check(f'{name} is told what was sent to it, and that nothing of its own was lost', sent >= 50 and lost == 0,
                  (sent, lost))
    proxy.ok('delete', call_id='t1', from_tag='A')


async def conversation(browser, talker, what):
    lab.check(f'{what}: connected', await browser.connected(), browser.pc.connectionState)
    talking = asyncio.ensure_future(talker.talk(5))
    samples, rate = await browser.listen(200)
    got = frequency(samples[-rate:], rate)
    lab.check(f'{what}: the browser hears the phone', near(got, talker.hz), got)
    await talking
    samples, _, steady = talker.heard()
    got = frequency(samples[-8000:], 8000)
    lab.check(f'{what}: the phone hears the browser', near(got, 500), got)
    lab.check(f'{what}: as one stream without gaps', steady)


async def browser_calls():
    proxy, browser, talker = Proxy(), Browser(['opus']), Talker(41000, 'PCMU', 700)
    flags = {'call_id': 't2', 'from_tag': 'A'}
    talker.phone.hear(proxy.ok('offer', sdp=await browser.offer(), transport_protocol='RTP/AVP', ICE='remove',
                               rtcp_mux=['demux'], codec={'mask': ['opus'], 'transcode': ['PCMU', 'PCMA']}, **flags))
    seen = talker.phone.sdp_seen
    lab.check('the phone is offered G.711 alone', 'PCMU/8000' in seen and 'opus' not in seen, seen)
    answer = proxy.ok('answer', sdp=talker.phone.sdp(), to_tag='B', **flags)
    lab.check('the browser is answered with opus', 'opus/48000/2' in answer and 'PCMU' not in answer, answer)
    await browser.hears(answer)
    await conversation(browser, talker, 'browser calls phone')
    await browser.pc.close()
    proxy.ok('delete', call_id='t2', from_tag='A')


async def phone_calls():
    proxy, browser, talker = Proxy(), Browser(['opus']), Talker(41000, 'PCMU', 700)
    flags = {'call_id': 't3', 'from_tag': 'A'}
    offer = proxy.ok('offer', sdp=talker.phone.sdp(), transport_protocol='UDP/TLS/RTP/SAVPF', ICE='force',
                     codec={'transcode': ['opus']}, **flags)
    lab.check('the browser is offered opus too', 'opus/48000/2' in offer and 'PCMU' in offer, offer)
    answer = await browser.answer(offer)
    talker.phone.hear(proxy.ok('answer', sdp=answer, to_tag='B', **flags))
    lab.check('the phone is answered with PCMU', 'PCMU' in talker.phone.sdp_seen and 'opus' not in talker.phone.sdp_seen,
              talker.phone.sdp_seen)
    await conversation(browser, talker, 'phone calls browser')
    await browser.pc.close()
    proxy.ok('delete', call_id='t3', from_tag='A')


def main():
    asyncio.run(phones())
    asyncio.run(browser_calls())
    asyncio.run(phone_calls())
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))
    lab.check('every packet is accounted for', lab.until(5, lab.balanced))


main()
lab.done()
