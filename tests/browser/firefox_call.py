# SPDX-License-Identifier: BSD-3-Clause
"""Firefox and Chromium in one room, through the page: media in both directions, mute, ICE restart, leave, join again."""
import os
import time

import chromium
import firefox
import lab
import room

SECONDS = int(os.environ.get('SECONDS_OF_CALL', '10'))
FPS = 15


def member(browser, name):
    return room.join(browser, 'foxes', name)


def both_see(pages):
    return lab.until(30, lambda: all(room.sees(p, len(pages) - 1) for p in pages))


def watch(pages):
    """SECONDS of a call: what each receives of the other."""
    before = [room.figures(p)['all'] for p in pages.values()]
    time.sleep(SECONDS)
    for (name, page), was in zip(pages.items(), before):
        for key, now in room.figures(page)['all'].items():
            frames = (now['video']['frames'] - was[key]['video']['frames']) / SECONDS
            heard = now['audio']['packets'] - was[key]['audio']['packets']
            lab.check(f'{name}: {FPS} frames/s of the other', frames >= FPS, frames)
            lab.check(f'{name}: hears the other', heard >= 45 * SECONDS and now['audio']['energy'] > 0, (heard, now))
            lab.equal(f'{name}: nothing lost', now['video']['lost'] + now['audio']['lost'], 0)


def again(browser, pages):
    pages['Firefox'].click('#leave')
    other = pages['Chromium']
    lab.check('Firefox leaves: its tile goes', lab.until(5, lambda: len(room.tiles(other)) == 1), room.tiles(other))
    member(browser, 'firefox-again')
    lab.check('and joins again', both_see(pages.values()), [room.figures(p)['all'] for p in pages.values()])


def main():
    browsers = [chromium.Browser('server')]
    try:
        browsers.append(firefox.Browser('server'))
        pages = {'Chromium': member(browsers[0], 'chromium'), 'Firefox': member(browsers[1], 'firefox')}
        together = both_see(pages.values())
        lab.check('Firefox and Chromium see and hear each other', together,
                  [room.figures(p)['all'] for p in pages.values()])
        if together:
            watch(pages)
            for name, page in pages.items():
                room.shot(page, f'firefox-{name}')
            room.mute([pages['Chromium']], pages['Firefox'], 'Firefox')
            for name, page in pages.items():
                room.restart([], page, name)
            again(browsers[1], pages)
    finally:
        for browser in browsers:
            browser.close()


if __name__ == '__main__':
    main()
    lab.done()
