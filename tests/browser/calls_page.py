# SPDX-License-Identifier: BSD-3-Clause
"""The page of calls: a group for each call, a row for each leg, what is measured of it; nothing when they are over.
SHOT: a file for a picture of it."""
import asyncio
import os

import chromium
import lab
from ng import Proxy
from talker import Talker

URL = 'http://127.0.0.1:8080/calls.html'
ROWS = '[...document.querySelectorAll("#calls tbody tr")].map(r => [...r.cells].map(c => c.textContent))'


class Lossy(Talker):
    def say(self, n):
        if n % 10 == 5:
            self.seq += 1
        else:
            super().say(n)


def set_up(proxy, name, a, b, **offer):
    flags = {'call_id': name, 'from_tag': 'A'}
    b.phone.hear(proxy.ok('offer', sdp=a.phone.sdp(), **flags, **offer))
    a.phone.hear(proxy.ok('answer', sdp=b.phone.sdp(), to_tag='B', **flags))


def judged(page):
    legs = [row for row in page.evaluate(ROWS) if len(row) > 1]
    return len(legs) == 4 and all(row[8] != '–' for row in legs)


async def main():
    proxy, browser = Proxy(), chromium.Browser('server')
    phones = [Lossy(40000, 'PCMU', 400), Talker(41000, 'PCMU', 700), Talker(42000, 'PCMU', 400), Talker(43000, 'PCMA', 700)]
    page = browser.open(URL)
    lab.check('without calls it says so', lab.until(15, lambda: page.evaluate('document.querySelector("#sum").textContent')
                                                    == '0 calls'))
    set_up(proxy, '<b>first</b>@example.org', *phones[:2])
    set_up(proxy, 'second@example.org', *phones[2:], codec={'mask': ['all'], 'transcode': ['PCMA']})
    talking = asyncio.gather(*(phone.talk(12) for phone in phones))
    lab.check('all legs are judged', await asyncio.to_thread(lab.until, 20, lambda: judged(page)), page.evaluate(ROWS))
    rows = page.evaluate(ROWS)
    lab.check('a call-id is text and nothing else', rows[0][0].startswith('<b>first</b>@example.org '), rows)
    lab.check('sides, far ends and codecs', [row[0:2] + row[3:4] for row in rows if len(row) > 1] == [
        ['A', '198.18.0.1:40000', 'PCMU'], ['B', '198.18.0.1:41000', 'PCMU'],
        ['A', '198.18.0.1:42000', 'PCMU'], ['B', '198.18.0.1:43000', 'PCMA']], rows)
    lab.check('loss where there is some', 5 < float(rows[1][6].split()[0]) < 15 and rows[2][6] == '0.0 %', rows)
    lab.check('what it is made into', rows[4][9] == 'PCMA' and rows[5][9] == 'PCMU' and rows[1][9] == '–', rows)
    lab.check('the sum', page.evaluate('document.querySelector("#sum").textContent').startswith('2 calls; MOS '))
    if os.environ.get('SHOT'):
        page.command('Emulation.setDeviceMetricsOverride', width=1280, height=480, deviceScaleFactor=1, mobile=False)
        page.screenshot(os.environ['SHOT'])
    await talking
    for name in ('<b>first</b>@example.org', 'second@example.org'):
        proxy.ok('delete', call_id=name)
    lab.check('nothing when they are over', lab.until(15, lambda: page.evaluate(ROWS) == []), page.evaluate(ROWS))
    browser.close()


asyncio.run(main())
lab.done()
