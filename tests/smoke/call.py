# SPDX-License-Identifier: BSD-3-Clause
"""Calls: a proxy's offers and answers, and what the phones then hear of each other."""
import asyncio
import os
import re

import lab
from ng import Api, Phone, Proxy, bencode, receiver_report, rtp
from sdes import Sdes
from webcall import Browser

ENGINE = '198.18.0.2'
TONE = bytes(range(160))


def sessions():
    return lab.show('sessions')['sessions']


def lines(sdp, start):
    return [x for x in sdp.splitlines() if x.startswith(start)]


def value(sdp, name):
    found = re.search(rf'^a={name}:(.*?)\r?$', sdp, re.M)
    return found[1] if found else None


# --- the protocol ----------------------------------------------------------------------------------------


def protocol():
    proxy, as_json = Proxy(), Proxy(as_json=True)
    lab.equal('ping', proxy.ask('ping'), {'result': 'pong'})
    lab.equal('ping in JSON', as_json.ask('ping'), {'result': 'pong'})
    for what, text in (('no dictionary', b'c1 '), ('a broken one', b'c2 d7:command4:pin'), ('a list', b'c3 le'),
                       ('no command', b'c4 de'), ('deep', b'c5 ' + b'l' * 5000), ('long', b'c6 99999999999999:x'),
                       ('JSON that is none', b'c7 {"command":'), ('an unknown command', b'c8 ' + bencode({'command': 'x'})),
                       ('an offer of nothing', b'c9 ' + bencode({'command': 'offer'}))):
        answer = proxy.raw(text)
        lab.check(f'{what}: an error with a reason', b'error' in answer and b'reason' in answer, answer)
    got = proxy.ask('answer', call_id='none', from_tag='a', to_tag='b', sdp='v=0')
    lab.check('an answer to no call', got['result'] == 'error' and 'none' in got['error-reason'], got)
    got = proxy.ask('offer', call_id='bad', from_tag='a', sdp='v=0\r\nm=audio\r\n')
    lab.check('a broken description', got['result'] == 'error' and 'line' in got['error-reason'], got)
    lab.equal('it left no call', proxy.ask('list')['calls'], [])
    got = proxy.ask('delete', call_id='none')
    lab.check('delete of no call: ok and a warning', got['result'] == 'ok' and 'warning' in got, got)
    lab.equal('and fatal: an error', proxy.ask('delete', call_id='none', flags=['fatal'])['result'], 'error')


# --- a call ----------------------------------------------------------------------------------------------


def both_hear(a, b, what):
    for near, far, name in ((a, b, 'there'), (b, a, 'back')):
        got = near.reaches(far, rtp(1, TONE))
        lab.check(f'{what}: RTP {name}, from where it is to be sent', got and got[0] == rtp(1, TONE)
                  and got[1][:2] == far.to, (got, far.to))
        got = near.reaches(far, receiver_report(), rtcp=True)
        lab.check(f'{what}: RTCP {name}', got and got[0] == receiver_report() and got[1][:2] == far.to_rtcp, got)


def set_up(proxy, call, a, b, offer=None, answer=None):
    flags = {'call_id': call, 'from_tag': 'A'}
    b.hear(proxy.ok('offer', sdp=a.sdp(), **flags, **(offer or {})))
    a.hear(proxy.ok('answer', sdp=b.sdp(), to_tag='B', **flags, **(answer or {})))


def plain():
    proxy = Proxy()
    a, b = Phone('198.18.0.1', 40000), Phone('198.18.0.1', 41000, lines=('a=x-unknown:passes',))
    first = proxy.ok('offer', call_id='p1', from_tag='A', sdp=a.sdp(), cookie='again')
    again = proxy.ok('offer', call_id='p1', from_tag='A', sdp=a.sdp(), cookie='again')
    lab.equal('a repeated cookie gets the same', again, first)
    lab.check('and makes nothing', lab.until(5, lambda: len(sessions()) == 2), sessions())
    lab.equal('of one call', proxy.ask('list')['calls'], ['p1'])
    b.hear(first)
    lab.equal('what is not ours is as it was',
              [x for x in a.sdp().splitlines() if x[:2] not in ('c=', 'm=')],
              [x for x in first.splitlines() if x[:2] not in ('c=', 'm=') and x[:7] not in ('a=rtcp:', 'a=sendr')])
    a.hear(proxy.ok('answer', call_id='p1', from_tag='A', to_tag='B', sdp=b.sdp()))
    lab.check('an unknown attribute passes', 'a=x-unknown:passes' in a.sdp_seen, a.sdp_seen)
    lab.equal('both addresses are ours', {a.to[0], b.to[0]}, {ENGINE})
    both_hear(a, b, 'plain')
    got = proxy.ok('query', call_id='p1')
    lab.equal('query knows both', [got['tags'][t]['medias'][0]['remote'] for t in 'AB'],
              ['198.18.0.1:40000', '198.18.0.1:41000'])
    # on hold, and back; the ports stay
    ports = (a.to, b.to)
    b.hear(proxy.ok('offer', call_id='p1', from_tag='A', to_tag='B', sdp=a.sdp('a=sendonly')))
    lab.check('hold passes', 'a=sendonly' in b.sdp_seen, b.sdp_seen)
    a.hear(proxy.ok('answer', call_id='p1', from_tag='A', to_tag='B', sdp=b.sdp('a=recvonly')))
    lab.equal('the ports stay', (a.to, b.to), ports)
    both_hear(a, b, 'again')
    # the other side offers
    a.hear(proxy.ok('offer', call_id='p1', from_tag='B', to_tag='A', sdp=b.sdp()))
    b.hear(proxy.ok('answer', call_id='p1', from_tag='B', to_tag='A', sdp=a.sdp()))
    both_hear(a, b, 'offered from the other side')
    proxy.ok('block media', call_id='p1', from_tag='A')
    lab.check('blocked', lab.until(5, lambda: (a.says(rtp(2, TONE)), not b.hears(0.3))[1]))
    lab.check('the other way is open', b.reaches(a, rtp(3, TONE)))
    proxy.ok('unblock media', call_id='p1', from_tag='A')
    both_hear(a, b, 'unblocked')
    proxy.ok('delete', call_id='p1', from_tag='A')
    lab.check('nothing is left', lab.until(5, lambda: not sessions()), sessions())
    a.says(rtp(4, TONE))
    lab.check('nothing is heard any more', not b.hears(0.3))


def over_http():
    api = Api()
    a, b = Phone('198.18.0.1', 40000), Phone('198.18.0.1', 41000)
    lab.equal('HTTP: ping', api.post(b'{"command": "ping"}'), (200, {'result': 'pong'}))
    for what, body, kind, status in (('no JSON', b'{"command":', 'application/json', 400), ('a list', b'[]', 'application/json', 400),
                                     ('deep', b'[' * 5000, 'application/json', 400), ('nothing', b'', 'application/json', 400),
                                     ('an unknown command', b'{"command": "x"}', 'application/json', 400),
                                     ('a form of another page', b'{"command": "ping"}', 'text/plain', 415)):
        got = api.post(body, kind)
        lab.check(f'HTTP: {what}: {status}, and why', got[0] == status and (got[1].get('error') or got[1].get('error-reason')), got)
    b.hear(api.ok('offer', call_id='h1', from_tag='A', sdp=a.sdp()))
    a.hear(api.ok('answer', call_id='h1', from_tag='A', to_tag='B', sdp=b.sdp()))
    both_hear(a, b, 'HTTP')
    api.ok('delete', call_id='h1')
    lab.check('HTTP: nothing is left', lab.until(5, lambda: not sessions()), sessions())


def families():
    proxy = Proxy()
    a, b = Phone('198.18.0.1', 40000), Phone('fd18::1', 41000)
    set_up(proxy, 'v6', a, b, {'address_family': 'IP6'}, {'address_family': 'IP4'})
    lab.check('one side is IPv4, one IPv6', a.to[0] == ENGINE and b.to[0] == 'fd18::2', (a.to, b.to))
    both_hear(a, b, 'IPv4 and IPv6')
    proxy.ok('delete', call_id='v6', from_tag='A')


def behind_nat():
    """The phone says one address and sends from another; a thief sends too."""
    proxy = Proxy()
    a, b = Phone('198.18.0.1', 40000), Phone('198.18.0.1', 41000)
    nat, thief = Phone('198.18.0.7', 42000), Phone('198.18.0.8', 43000)
    set_up(proxy, 'nat', a, b)
    nat.to, thief.to = a.to, a.to
    lab.check('from elsewhere: heard', nat.reaches(b, rtp(1, TONE)))
    lab.check('and answered there', b.reaches(nat, rtp(1, TONE)))
    for seq in range(20):
        thief.says(rtp(seq, TONE))
    lab.check('a third one is not heard', not b.hears(0.3))
    b.says(rtp(2, TONE))
    lab.check('and hears nothing', nat.hears() and not thief.hears(0.3))
    proxy.ok('delete', call_id='nat', from_tag='A')
    set_up(proxy, 'strict', a, b, {'flags': ['strict-source']}, {'flags': ['strict-source']})
    thief.to = a.to
    thief.says(rtp(1, TONE))
    lab.check('strict-source: not even the first', not b.hears(0.3))
    both_hear(a, b, 'strict-source')
    proxy.ok('delete', call_id='strict', from_tag='A')


def silence():
    proxy = Proxy()
    a, b = Phone('198.18.0.1', 40000), Phone('198.18.0.1', 41000)
    set_up(proxy, 'dead', a, b)
    lab.check('it lives', a.reaches(b, rtp(1, TONE)))
    lab.check('silent for the timeout: it ends', lab.until(15, lambda: proxy.ask('list')['calls'] == []))
    lab.check('and leaves nothing', lab.until(5, lambda: not sessions()), sessions())


# --- with keys ---------------------------------------------------------------------------------------------


def keys_in_sdp(suite):
    proxy, keys = Proxy(), Sdes(suite)
    a, b = Phone('198.18.0.1', 40000, proto='RTP/SAVP', lines=(keys.line,)), Phone('198.18.0.1', 41000)
    set_up(proxy, 'sdes', a, b, {'transport_protocol': 'RTP/AVP'})
    lab.check(f'{suite}: no keys for the plain side', 'crypto' not in b.sdp_seen and 'RTP/AVP ' in b.sdp_seen)
    lab.check(f'{suite}: keys for the other, of its suite', len(lines(a.sdp_seen, 'a=crypto:1 ' + suite)) == 1
              and 'RTP/SAVP ' in a.sdp_seen, a.sdp_seen)
    keys.hear(a.sdp_seen)
    got = a.reaches(b, keys.out.protect(rtp(1, TONE)))
    lab.check(f'{suite}: decrypted', got and got[0] == rtp(1, TONE), got)
    got = b.reaches(a, rtp(9, TONE))
    lab.check(f'{suite}: encrypted', got and keys.into.unprotect(got[0]) == rtp(9, TONE), got)
    a.says(rtp(2, TONE))
    a.says(os.urandom(200))
    lab.check(f'{suite}: nothing in the clear, nothing forged is given on', not b.hears(0.3))
    a.says(keys.out.protect(rtp(3, TONE)))
    lab.check(f'{suite}: and it lives', b.hears())
    proxy.ok('delete', call_id='sdes', from_tag='A')


def keys_for_the_other():
    """A plain phone offers, the flags ask for SRTP on the other side."""
    proxy, keys = Proxy(), Sdes('AES_CM_128_HMAC_SHA1_32')
    a, b = Phone('198.18.0.1', 40000), Phone('198.18.0.1', 41000, proto='RTP/SAVP')
    b.hear(proxy.ok('offer', call_id='to-sdes', from_tag='A', sdp=a.sdp(), transport_protocol='RTP/SAVP'))
    keys.hear(b.sdp_seen)
    b.lines = (keys.line.replace('crypto:1 ', f'crypto:{keys.tag} '),)
    a.hear(proxy.ok('answer', call_id='to-sdes', from_tag='A', to_tag='B', sdp=b.sdp()))
    lab.check('the plain side sees RTP/AVP', 'RTP/AVP ' in a.sdp_seen and 'crypto' not in a.sdp_seen, a.sdp_seen)
    got = a.reaches(b, rtp(1, TONE))
    lab.check('encrypted for the other side', got and keys.into.unprotect(got[0]) == rtp(1, TONE))
    got = b.reaches(a, keys.out.protect(rtp(1, TONE)))
    lab.check('decrypted for this one', got and got[0] == rtp(1, TONE))
    proxy.ok('delete', call_id='to-sdes', from_tag='A')


# --- a browser -----------------------------------------------------------------------------------------------


async def speak(phone, n=100):
    """A square wave in µ-law, 20 ms a packet."""
    for seq in range(n):
        phone.says(rtp(seq, (b'\x10' * 10 + b'\x90' * 10) * 8))
        await asyncio.sleep(0.02)


async def conversation(browser, phone, what):
    lab.check(f'{what}: connected', await browser.connected(), browser.pc.connectionState)
    got = await asyncio.to_thread(phone.hears)
    lab.check(f'{what}: the phone hears PCMU, in the clear',
              got and got[0][0] >> 6 == 2 and got[0][1] & 0x7f == 0 and len(got[0]) == 172 and got[1][:2] == phone.to, got)
    speaking = asyncio.ensure_future(speak(phone))
    samples, _ = await browser.listen(50)
    loudest = max(map(abs, samples))
    speaking.cancel()
    lab.check(f'{what}: the browser hears the phone', loudest > 5000, loudest)
    row = next(r for r in sessions() if r['tracks'] == 0 and r['profile'] != 'none') if sessions() else {}
    lab.check(f'{what}: the session has SRTP keys', row, sessions())


async def browser_calls():
    proxy, browser, phone = Proxy(), Browser(), Phone('198.18.0.1', 41000)
    flags = {'call_id': 'web1', 'from_tag': 'A'}
    phone.hear(proxy.ok('offer', sdp=await browser.offer(), transport_protocol='RTP/AVP', ICE='remove',
                        rtcp_mux=['demux'], flags=['trust-address'], replace=['origin', 'session-connection'], **flags))
    seen = phone.sdp_seen
    lab.check('the phone sees RTP/AVP, and nothing of a browser', 'RTP/AVP ' in seen and
              not re.search('ice-|candidate|fingerprint|setup|rtcp-mux|BUNDLE', seen), seen)
    answer = proxy.ok('answer', sdp=phone.sdp(), to_tag='B', transport_protocol='UDP/TLS/RTP/SAVPF', ICE='force', **flags)
    lab.check('the browser sees DTLS, ICE and mux', 'UDP/TLS/RTP/SAVPF' in answer and value(answer, 'setup') == 'passive'
              and value(answer, 'fingerprint') and 'a=ice-lite' in answer and 'a=rtcp-mux' in answer, answer)
    await browser.hears(answer)
    await conversation(browser, phone, 'browser calls phone')
    await browser.pc.close()
    proxy.ok('delete', call_id='web1', from_tag='A')


async def phone_calls():
    proxy, browser, phone = Proxy(), Browser(), Phone('198.18.0.1', 41000)
    flags = {'call_id': 'web2', 'from_tag': 'A'}
    offer = proxy.ok('offer', sdp=phone.sdp(), transport_protocol='UDP/TLS/RTP/SAVPF', ICE='force',
                     rtcp_mux=['offer'], flags=['generate-mid'], **flags)
    phone.hear(proxy.ok('answer', sdp=await browser.answer(offer), to_tag='B', **flags))
    lab.check('the phone sees RTP/AVP', 'RTP/AVP ' in phone.sdp_seen and
              not re.search('ice-|candidate|fingerprint|setup|rtcp-mux|BUNDLE', phone.sdp_seen), phone.sdp_seen)
    await conversation(browser, phone, 'phone calls browser')
    await browser.pc.close()
    proxy.ok('delete', call_id='web2', from_tag='A')


def main():
    protocol()
    plain()
    over_http()
    families()
    behind_nat()
    silence()
    keys_in_sdp('AES_CM_128_HMAC_SHA1_80')
    keys_in_sdp('AES_CM_128_HMAC_SHA1_32')
    keys_for_the_other()
    asyncio.run(browser_calls())
    asyncio.run(phone_calls())
    lab.check('nothing is left', lab.until(5, lambda: not sessions()), sessions())
    lab.check('every packet is accounted for', lab.until(5, lab.balanced))


main()
lab.done()
