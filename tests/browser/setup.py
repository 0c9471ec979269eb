# SPDX-License-Identifier: BSD-3-Clause
"""How sure and how quick a set-up is: Chromium's own media back from the room `echo`. setup.py TIMES

Every second one loses a datagram of its ClientHello, the first and the second of the two in turn, once: what
Chromium sends goes through a rule of the packet filter that is made anew for it and says what it took.
"""
import json
import os
import subprocess
import sys

import chromium
import lab
import room

URL = 'http://127.0.0.1:8080/'
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'setup.js')
LOSSES = ('none', 'first', 'none', 'second')

# A DTLS record of a handshake (22) that carries a piece of a ClientHello (1); its place in the message says which.
# At 64 bits the payload begins, at 168 the handshake header, at 216 the fragment's offset.
HELLO = 'udp dport 3480 @th,64,8 22 @th,168,8 1'
PIECE = {'first': '@th,216,24 0', 'second': '@th,216,24 != 0'}


def nft(*args, text=None):
    with lab.namespace('server'):
        done = subprocess.run(['nft', *args], input=text, capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def lose(which):
    """The filter for the next set-up: pieces of ClientHellos are counted, and one of them is lost."""
    rules = [f'add rule netdev setup out {HELLO} {PIECE[p]} counter comment "{p}"' for p in PIECE]
    if which != 'none':
        # a limit that only the first packet keeps to
        rules.append(f'add rule netdev setup out {HELLO} {PIECE[which]} limit rate 1/day burst 1 packets '
                     'counter drop comment "lost"')
    nft('-f', '-', text='\n'.join(['flush chain netdev setup out', *rules]))


def counted():
    """comment of a rule -> packets"""
    counts = {'lost': 0}
    for item in json.loads(nft('-j', 'list', 'chain', 'netdev', 'setup', 'out'))['nftables']:
        for part in item.get('rule', {}).get('expr', []):
            if 'counter' in part:
                counts[item['rule']['comment']] = part['counter']['packets']
    return counts


def attempt(page, number):
    """One set-up: its figures, those of the filter with them."""
    loss = LOSSES[number % len(LOSSES)]
    lose(loss)
    try:
        got = page.call('setUp')
    except RuntimeError as error:
        got = {'error': str(error).splitlines()[0]}
    return {'number': number, 'loss': loss, **got, **counted()}


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, len(values) * percent // 100)] if values else float('nan')


def figures(rows):
    for loss in ('none', 'first', 'second'):
        of = [r for r in rows if r['loss'] == loss and 'error' not in r]
        for what in ('connected', 'heard', 'seen'):
            times = [r[what] for r in of]
            print(f'    lost {loss}: {what} after p50 {percentile(times, 50):.0f} ms, '
                  f'p95 {percentile(times, 95):.0f} ms, longest {max(times, default=0):.0f} ms')
    # a machine that stands still for 50 ms makes Chromium ask again
    print(f'    ClientHellos repeated though nothing was lost: {sum(r["first"] - 1 for r in rows if r["loss"] == "none")}')


def judge(rows, times):
    failed = [r for r in rows if 'error' in r]
    lab.check(f'{times - len(failed)} of {times} set-ups succeed', len(rows) == times and not failed, failed)
    cut = [r for r in rows if r['loss'] != 'none']
    lab.check(f'{len(cut)} lost one datagram of the ClientHello, and only that',
              cut and all(r['lost'] == 1 for r in cut), [r for r in cut if r['lost'] != 1])
    lab.check('a ClientHello is two datagrams, and what was lost came again',
              all(r['first'] >= 1 and r['second'] >= 1 for r in rows) and all(r[r['loss']] >= 2 for r in cut),
              [(r['number'], r['loss'], r['first'], r['second']) for r in rows])
    lab.equal('SRTP', {room.cipher(r.get('srtp')) for r in rows}, {'AEAD_AES_128_GCM'})


def main(times):
    # at the device: a packet lost in the kernel's output hook is an error of the send call, which Chromium repeats at once
    nft('-f', '-', text='table netdev setup { chain out { type filter hook egress device turnpike0 priority 0; }; }')
    browser = chromium.Browser('server')
    try:
        page = browser.open(URL)
        with open(SCRIPT, encoding='utf-8') as script:
            page.evaluate(script.read())
        page.call('openMedia')
        rows = [attempt(page, i) for i in range(times)]
    finally:
        browser.close()
    figures(rows)
    judge(rows, times)


if __name__ == '__main__':
    main(int(sys.argv[1]))
    lab.done()
