# SPDX-License-Identifier: BSD-3-Clause
"""A call between two peers that may only use the relay. call.py NAME-OF-HOST LINK NAME-OF-HOST LINK

The same host twice: both peers in one page. Else a browser in each host's namespace, and this
process carries their descriptions. LINK is the link on which the host reaches the server.
"""
import os
import sys
import time

import chromium
import lab

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'call.html')
SECONDS, STEP, BULK = 20, 2, 10 << 20


def main(host_a, link_a, host_b, link_b):
    browser_a = chromium.Browser(host_a, PAGE)
    browser_b = browser_a if host_a == host_b else chromium.Browser(host_b, PAGE)
    ends = {'a': browser_a, 'b': browser_b}
    try:
        connect(ends, {'a': link_a, 'b': link_b})
        watch(ends)
        bulk(ends)
        for name, browser in ends.items():
            browser.call('stop', name)
    finally:
        for browser in {browser_a, browser_b}:
            browser.close()


def connect(ends, links):
    for name, browser in ends.items():
        browser.call('start', name, {'urls': f'turn:{lab.server(links[name])}:3478?transport=udp',
                                     'username': 'alice', 'credential': 'wonderland'})
    offer = ends['a'].call('offer', 'a')
    ends['a'].call('accept', 'a', ends['b'].call('answer', 'b', offer))
    for name, browser in ends.items():
        browser.call('connected', name)
    lab.check('connected', True)


def watch(ends):
    """SECONDS of video in both directions: in each step of it frames were decoded."""
    decoded = {name: [] for name in ends}
    for _ in range(SECONDS // STEP + 1):
        for name, browser in ends.items():
            decoded[name].append(browser.call('stats', name).get('decoded', 0))
        time.sleep(STEP)
    for name, browser in ends.items():
        now = browser.call('stats', name)
        lab.equal(f'{name}: selected candidates', (now['local'], now['remote']), ('relay', 'relay'))
        frames = decoded[name]
        lab.check(f'{name}: video decoded for {SECONDS} s', all(a < b for a, b in zip(frames, frames[1:])), frames)
        lab.equal(f'{name}: video packets lost', now['lost'], 0)


def bulk(ends):
    ends['b'].call('expectBulk', 'b')
    sent = ends['a'].call('sendBulk', 'a', BULK)
    lab.equal(f'{BULK} bytes over a data channel: SHA-256', ends['b'].call('bulkReceived', 'b', BULK), sent)


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    lab.done()
