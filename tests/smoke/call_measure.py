# SPDX-License-Identifier: BSD-3-Clause
"""Two calls, one carried as it is and one transcoded; a phone of each loses a known part of its packets."""
import asyncio
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import lab
from ng import Proxy
from talker import Talker

API = 'http://127.0.0.1:8080'
SECONDS = 8
proxy = Proxy()


def get(path):
    with urllib.request.urlopen(API + path, timeout=10) as answer:
        return answer.read().decode()


def calls():
    return {call['id']: call for call in json.loads(get('/api/v1/calls'))['calls']}


def measures(call, tag):
    return call['tags'][tag]['medias'][0]['measures']


class Lossy(Talker):
    """Every `nth` of its packets is lost on the way."""
    nth = 10

    def say(self, n):
        if n % self.nth == self.nth // 2:
            self.seq += 1
        else:
            super().say(n)


def mos(loss, delay):
    """The E-model as docs/gateway.md has it, for G.711."""
    r = 93.2 - 0.024 * delay - 0.11 * max(0, delay - 177.3) - 95 * loss / (loss + 25.1)
    return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6


def set_up(name, a, b, **offer):
    flags = {'call_id': name, 'from_tag': 'A'}
    b.phone.hear(proxy.ok('offer', sdp=a.phone.sdp(), **flags, **offer))
    a.phone.hear(proxy.ok('answer', sdp=b.phone.sdp(), to_tag='B', **flags))


def complete():
    """Both calls' rows are from after the last packet."""
    now = calls()
    return len(now) == 2 and all(
        measures(call, tag).get('rx_packets', 0) + measures(call, tag).get('lost', 0) >= SECONDS * 50 - 1
        for call in now.values() for tag in 'AB')


def as_it_is(call):
    a, b = measures(call, 'A'), measures(call, 'B')
    lab.equal('the codecs', [m['codec'] for m in (a, b)], ['PCMU', 'PCMU'])
    lab.check('a tenth is lost on one side', abs(a['loss'] - 0.1) < 0.005 and a['lost'] == SECONDS * 5, a)
    lab.check('none on the other', b['lost'] == 0 and b['loss'] == 0, b)
    lab.check('jitter is told', all(0 <= m['jitter_ms'] < 1000 for m in (a, b)), (a, b))
    lab.equal('packets of both, and bytes', [(m['rx_packets'], m['rx_bytes']) for m in (a, b)],
              [(SECONDS * 45, SECONDS * 45 * 172), (SECONDS * 50, SECONDS * 50 * 172)])
    lab.equal('what the other is sent', [m['tx_packets'] for m in (a, b)], [SECONDS * 50, SECONDS * 45])
    for m, loss in ((a, 10), (b, 0)):
        want = mos(loss, 20 + 2 * m['jitter_ms'])
        lab.check(f'MOS at {loss} % is {want:.2f}', abs(m['mos'] - want) < 0.03, m)
    lab.check('no pipes', 'transcoding' not in a and 'transcoding' not in b, call)


def transcoded(call):
    a, b = measures(call, 'A'), measures(call, 'B')
    lab.equal('the codecs of the other call', [(m['codec'], m['transcoding']['to']) for m in (a, b)],
              [('PCMU', 'PCMA'), ('PCMA', 'PCMU')])
    x, y = a['transcoding'], b['transcoding']
    lab.check('a twentieth of it is lost', abs(a['loss'] - 0.05) < 0.005 and b['lost'] == 0, (a, b))
    lab.check('that is concealed, and what a busy machine brings too late', 0.02 < x['concealed'] < 0.5
              and x['concealed_ms'] >= SECONDS * 30, x)
    lab.check('delay, its target, CPU time and packets', all(
        0 < t['delay_ms'] < 600 and 0 < t['target_ms'] <= 500 and 0 <= t['cpu_ms'] < 1000 * SECONDS
        and t['packets'] > SECONDS * 40 for t in (x, y)), (x, y))
    for m, t in ((a, x), (b, y)):
        want = mos(100 * t['concealed'], 40 + t['delay_ms'])
        lab.check(f'MOS of it is {want:.2f}', abs(m['mos'] - want) < 0.03, m)


def elsewhere():
    one = json.loads(get('/api/v1/calls/' + urllib.parse.quote('first/a b@x%', safe='')))
    lab.equal('one call by its id', one['id'], 'first/a b@x%')
    for wrong in ('none', 'first', 'x' * 300, ''):
        try:
            status = urllib.request.urlopen(f'{API}/api/v1/calls/{wrong}', timeout=10).status
        except urllib.error.HTTPError as error:
            status = error.code
        lab.equal(f'calls/{wrong[:9]}: there is none', status, 404)
    text = lab.show('calls', as_json=False)
    lines = [line.split() for line in text.splitlines()]
    lab.check('`show calls`: a line for each leg', len([x for x in lines if '198.18.0.1:' in ' '.join(x)]) == 4
              and '2 calls, 4 legs' in text, text)
    lab.check('with losses and codecs', re.search(r'first/a b@x% +A .*PCMU.* 10\.00 %', text)
              and re.search(r'second +A .*PCMU.*PCMA', text), text)
    lab.equal('`show calls --json`: the same calls', sorted(c['id'] for c in lab.show('calls')['calls']), sorted(calls()))
    metrics = dict(re.findall(r'^turnpike_gateway_(\w+) ([\d.e+-]+)$', get('/metrics'), re.M))
    lab.check('metrics: legs, MOS, loss, CPU time', metrics['legs'] == '4' and metrics['judged'] == '4'
              and 1 < float(metrics['mos_worst']) < float(metrics['mos_mean']) < 4.5
              and abs(float(metrics['loss_mean']) - 0.0375) < 0.002 and float(metrics['transcoding_cpu_seconds_total']) > 0
              and float(metrics['spoken_seconds_total']) > SECONDS and float(metrics['concealed_seconds_total']) > 0, metrics)
    got = proxy.ok('query', call_id='second')
    lab.check('ng has no measures, which bencode could not carry', 'measures' not in got['tags']['A']['medias'][0], got)


async def main():
    phones = [Lossy(40000, 'PCMU', 400), Talker(41000, 'PCMU', 700), Lossy(42000, 'PCMU', 400), Talker(43000, 'PCMA', 700)]
    phones[2].nth = 20
    set_up('first/a b@x%', *phones[:2])
    set_up('second', *phones[2:], codec={'mask': ['all'], 'transcode': ['PCMA']})
    lab.check('the dataplane has all legs', lab.until(5, lambda: len(lab.show('sessions')['sessions']) == 4))
    lab.check('nothing is judged before it is heard', all(
        'mos' not in measures(call, tag) for call in calls().values() for tag in 'AB'), calls())
    await asyncio.gather(*(phone.talk(SECONDS) for phone in phones))
    lab.check('measures come', lab.until(10, complete), calls())
    now = calls()
    as_it_is(now['first/a b@x%'])
    transcoded(now['second'])
    elsewhere()
    for name in now:
        proxy.ok('delete', call_id=name)
    lab.equal('no calls', lab.show('calls'), {'calls': []})
    lab.check('nothing is left', lab.until(5, lambda: not lab.show('sessions')['sessions']))


asyncio.run(main())
lab.done()
