# SPDX-License-Identifier: BSD-3-Clause
"""What members do over data channels, in pages of one Chromium: write, send files, play; and go on when control is
killed. Files are real ones: picked by the page's own input, saved by its own link, compared on disk.
"""
import hashlib
import json
import os
import re
import shutil
import time

import chromium
import firefox
import lab
from fault import kill, pid_of
from room import URL

SIZE_MB = int(os.environ.get('SIZE_MB', '48'))
ROOM = 'data'
WORK = os.environ['LAB']


# A file let go over the tile of a member.
DROP = '''void (() => {
    const carried = new DataTransfer();
    const tile = turnpike.tiles.get(%s).box;
    carried.items.add(new File(['dropped'], %s));
    for (const what of ['dragover', 'drop'])
        tile.dispatchEvent(new DragEvent(what, {dataTransfer: carried, bubbles: true, cancelable: true}));
})()'''


# --- members -------------------------------------------------------------------------------------


def join(browser, name, **more):
    query = {'room': ROOM, 'name': name, 'join': 1, 'camera': 'off', 'microphone': 'off', **more}
    return browser.open(URL + '?' + '&'.join(f'{k}={v}' for k, v in query.items()))


def connected(page):
    return page.evaluate('!!window.turnpike?.data.isOpen && turnpike.data.topics.every(t => t.isOpen)')


def me(page):
    return page.evaluate('turnpike.room.id')


def text(page, selector):
    return page.evaluate(f'document.querySelector({json.dumps(selector)})?.textContent ?? ""')


def say(page, words):
    page.evaluate(f'document.getElementById("text").value = {json.dumps(words)}, '
                  'document.getElementById("say").requestSubmit()')


def reads(page, words):
    return words in text(page, '#messages')


def shot(page, name):
    """Of a page in front: one behind others may have stopped drawing."""
    if os.environ.get('SHOTS'):
        page.command('Page.bringToFront')
        page.screenshot(os.path.join(os.environ['SHOTS'], name + '.png'))


# --- files ---------------------------------------------------------------------------------------


def make_file(name, mib):
    """Its path and its hash."""
    path, digest, part = os.path.join(WORK, name), hashlib.sha256(), os.urandom(1 << 20)
    with open(path, 'wb') as out:
        for i in range(mib):
            piece = part[i % 1000:] + part[:i % 1000]  # no two alike, near each other
            digest.update(piece)
            out.write(piece)
    return path, digest.hexdigest()


def hash_of(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def send(page, path, to=''):
    """As a user does: whom to, then the file."""
    page.evaluate(f'document.getElementById("target").value = {json.dumps(to)}')
    node = page.command('DOM.querySelector', nodeId=page.command('DOM.getDocument')['root']['nodeId'], selector='#file')
    page.command('DOM.setFileInputFiles', nodeId=node['nodeId'], files=[path])


def transfers(page, name):
    """The latest first."""
    return page.evaluate('''[...turnpike.files.transfers.values()].map(e => e.transfer).filter(t => t.name === %s)
        .map(t => ({id: t.id, state: t.state, offset: t.offset, size: t.size, sha256: t.sha256, equal: t.equal,
            problem: t.problem, interrupted: t.interrupted, disk: t.disk, member: t.member})).reverse()''' % json.dumps(name))


def all_are(state, pages, name):
    got = [t for p in pages for t in transfers(p, name)]
    return bool(got) and all(t['state'] == state for t in got)


def over(pages, name):
    return all(ts and all(t['state'] in ('done', 'failed', 'declined', 'cancelled') for t in ts)
               for ts in (transfers(p, name) for p in pages))


def press(page, name, label):
    """A button on the card of a file, when it is there; as a user does (browsers ask for one who downloads)."""
    find = """[...document.querySelectorAll('#transfers li')].filter(li => li.querySelector('b').textContent === %s)
        .flatMap(li => [...li.querySelectorAll('button, a')]).find(b => b.textContent === %s)""" % (
            json.dumps(name), json.dumps(label))
    lab.check(f'{name}: there is a button: {label}', lab.until(5, lambda: page.evaluate(f'!!{find}')))
    page.command('Runtime.evaluate', expression=find + '?.click()', userGesture=True)


def save(browser, page, name):
    """What the page's link gives; its hash."""
    folder = os.path.join(WORK, 'saved-' + me(page))
    os.makedirs(folder, exist_ok=True)
    browser.command('Browser.setDownloadBehavior', session=None, behavior='allow', downloadPath=folder)
    press(page, name, 'Save')
    path = os.path.join(folder, name)
    size = transfers(page, name)[0]['size']
    lab.until(60, lambda: os.path.exists(path) and os.path.getsize(path) == size)
    got = hash_of(path) if os.path.exists(path) else None
    if got:
        os.remove(path)
    return got


# --- what is looked at ---------------------------------------------------------------------------


def chat(anna, berta):
    say(anna, 'hello <b id="evil">berta</b> & http://example.org/x.')
    lab.check('chat: one way', lab.until(5, lambda: reads(berta, 'hello <b id="evil">berta</b> & ')), text(berta, '#messages'))
    lab.check('chat: text stays text', not berta.evaluate('!!document.getElementById("evil")'))
    lab.equal('chat: an address is a link', text(berta, '#messages a'), 'http://example.org/x')
    lab.equal('chat: who has not looked is told', berta.evaluate('document.getElementById("chat-button").dataset.news'), '1')
    berta.click('#chat-button')
    lab.equal('chat: until then', berta.evaluate('document.getElementById("chat-button").dataset.news ?? ""'), '')
    say(berta, 'hello anna')
    lab.check('chat: the other way', lab.until(5, lambda: reads(anna, 'hello anna')), text(anna, '#messages'))
    anna.click('#chat-button')
    lab.equal('chat: who said it', [text(anna, '#messages li:not(.own) b'), text(anna, '#messages li.own b')], ['berta', 'You'])
    shot(anna, 'data-chat')


def history(browser, late):
    page = join(browser, late)
    lab.check('chat: who comes late reads what was said', lab.until(10, lambda: reads(page, 'hello anna') and
                                                                    reads(page, 'hello <b')), text(page, '#messages'))
    return page


def files(browser, anna, berta, clara):
    path, digest = make_file('one.bin', 8)
    send(anna, path, me(berta))
    lab.check('file: the receiver is asked', lab.until(10, lambda: all_are('asking', [berta], 'one.bin')))
    lab.equal('file: nobody else is', transfers(clara, 'one.bin'), [])
    press(berta, 'one.bin', 'Decline')
    lab.check('file: and may decline', lab.until(10, lambda: all_are('declined', [anna, berta], 'one.bin')))
    press(anna, 'one.bin', 'Remove')
    press(berta, 'one.bin', 'Remove')
    send(anna, path, me(berta))
    lab.until(10, lambda: all_are('asking', [berta], 'one.bin'))
    press(berta, 'one.bin', 'Accept')
    lab.check('file to one: done at both ends', lab.until(30, lambda: all_are('done', [anna, berta], 'one.bin')),
              [transfers(p, 'one.bin') for p in (anna, berta)])
    lab.equal('file to one: the hash that both show', [transfers(p, 'one.bin')[0]['sha256'] for p in (anna, berta)], [digest] * 2)
    lab.equal('file to one: what is saved', save(browser, berta, 'one.bin'), digest)
    lab.check('file to one: it was kept on disk', transfers(berta, 'one.bin')[0]['disk'])

    for page in (berta, clara):
        page.evaluate('document.getElementById("accept-all").click()')
    path, digest = make_file('all.bin', 8)
    send(anna, path)
    lab.check('file to all: done at all ends', lab.until(30, lambda: len(transfers(anna, 'all.bin')) == 2 and
                                                         all_are('done', [anna, berta, clara], 'all.bin')),
              [transfers(p, 'all.bin') for p in (anna, berta, clara)])
    lab.equal('file to all: hashes', {t['sha256'] for p in (anna, berta, clara) for t in transfers(p, 'all.bin')}, {digest})
    lab.equal('file to all: what is saved', [save(browser, p, 'all.bin') for p in (berta, clara)], [digest] * 2)
    shot(anna, 'data-files')

    path, digest = make_file('empty.bin', 0)
    send(berta, path, me(anna))
    lab.until(10, lambda: all_are('asking', [anna], 'empty.bin'))
    press(anna, 'empty.bin', 'Accept')
    lab.check('file: an empty one', lab.until(10, lambda: all_are('done', [anna, berta], 'empty.bin')) and
              transfers(anna, 'empty.bin')[0]['sha256'] == digest, [transfers(p, 'empty.bin') for p in (anna, berta)])

    anna.evaluate(DROP % (json.dumps(me(berta)), json.dumps('drop.bin')))
    lab.check('file: dropped on a tile', lab.until(10, lambda: all_are('done', [anna, berta], 'drop.bin')),
              [transfers(p, 'drop.bin') for p in (anna, berta)])
    lab.equal('file: and nobody else gets it', transfers(clara, 'drop.bin'), [])

    path, _ = make_file('cancel.bin', 64)
    send(anna, path, me(berta))
    lab.until(20, lambda: any(t['offset'] > 1 << 20 for t in transfers(berta, 'cancel.bin')))
    press(berta, 'cancel.bin', 'Cancel')
    lab.check('file: cancelled in the middle', lab.until(10, lambda: all_are('cancelled', [anna, berta], 'cancel.bin')),
              [transfers(p, 'cancel.bin') for p in (anna, berta)])
    os.remove(path)


def game(pages):
    for page in pages:
        page.evaluate('turnpike.panel.show("game")')
        page.evaluate('''(() => { let at = Math.random() * 6; window.hand = setInterval(() => { at += 0.1;
            turnpike.game.own = {x: 0.5 + 0.4 * Math.sin(at), y: 0.5 + 0.4 * Math.cos(1.3 * at)}; }, 30); })()''')
    lab.check('game: each knows the round trip to each', lab.until(10, lambda: all(
        page.evaluate('[...turnpike.game.players.values()].filter(p => p.rtt > 0).length') == len(pages) - 1 for page in pages)),
        [text(p, '#players') for p in pages])
    lab.check('game: and shows it', lab.until(5, lambda: all(text(p, '#round-trip').startswith('Round trip ') for p in pages)),
              [text(p, '#round-trip') for p in pages])
    print('    ' + ', '.join(f'{p.evaluate("turnpike.game.rtt"):.1f} ms' for p in pages))
    lab.check('game: all see all pointers', lab.until(5, lambda: all(
        p.evaluate('turnpike.game.playing.length') == len(pages) for p in pages)))
    pages[1].evaluate('clearInterval(hand); hand = setInterval(() => { turnpike.game.own = {...turnpike.game.light}; }, 30)')
    caught = f'turnpike.game.scores[{json.dumps(me(pages[1]))}] ?? 0'
    lab.check('game: all know who caught the light', lab.until(10, lambda: all(p.evaluate(caught) > 1 for p in pages)),
              [p.evaluate('turnpike.game.scores') for p in pages])
    time.sleep(1)
    shot(pages[0], 'data-game')
    for page in pages:
        page.evaluate('clearInterval(hand); turnpike.panel.show(null)')


def control_channel(browser, anna):
    """Signaling over the control channel alone."""
    page = join(browser, 'frugal', socket='close', microphone='on')
    lab.check('control channel: the WebSocket is let go', lab.until(15, lambda: connected(page) and page.evaluate(
        'turnpike.room.signal.socket === null && turnpike.room.pc.connectionState === "connected"')),
        page.evaluate('[turnpike.room.signal.socket?.readyState, turnpike.room.pc?.connectionState]'))
    time.sleep(3)
    who = me(page)
    muted = f'!!turnpike.tiles.get({json.dumps(who)})?.name.classList.contains("muted")'
    page.click('#microphone')
    lab.check('control channel: what is said is heard', lab.until(5, lambda: anna.evaluate(muted)))
    page.click('#microphone')
    lab.check('control channel: again', lab.until(5, lambda: not anna.evaluate(muted)))
    other = join(browser, 'visitor')
    lab.until(10, lambda: connected(other))
    lab.check('control channel: who comes is told', lab.until(5, lambda: 'visitor' in page.evaluate('[...turnpike.names.values()]')))
    name = me(other)
    other.click('#leave')
    other.close()
    lab.check('control channel: who goes, too', lab.until(5, lambda: not page.evaluate(f'turnpike.tiles.has("{name}")')))
    lab.check('control channel: its round trip is known', page.evaluate('turnpike.room.signal.rtt > 0'))
    kill_control([anna, page], 'control channel, control killed')
    lab.check('control channel, control killed: over the WebSocket to another one', lab.until(5, lambda: page.evaluate(
        'turnpike.room.signal.socket === null && turnpike.room.joined')))
    lab.equal('control channel, control killed: the same participant', me(page), who)
    page.click('#leave')
    lab.check('control channel: leaving by it', lab.until(5, lambda: not anna.evaluate(f'turnpike.tiles.has("{who}")')))
    page.close()


def statistics(page):
    page.click('#statistics')

    def shown():
        words = text(page, '.tile.self pre')
        return re.search(r'data connected [0-9.]+ ms ↑', words) and re.search(r'chat ↑[0-9]+ k?B ↓[0-9]+ k?B buffered [0-9]+ B', words)

    lab.check('statistics: the data connection and its channels', lab.until(5, shown), text(page, '.tile.self pre'))
    shot(page, 'data-statistics')
    page.click('#statistics')


def memory(browser):
    """What the browser's processes hold, MiB."""
    out = 0
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.getpgid(int(pid)) == browser.process.pid:
                with open(f'/proc/{pid}/smaps_rollup') as rollup:
                    out += sum(int(line.split()[1]) for line in rollup if line.startswith('Pss_Anon:') or line.startswith('Pss_Shmem:'))
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            pass
    return out // 1024


def big(browser, sender, receiver, mib, kills, label):
    """A file of so many MiB, and control killed so many times while it is on its way."""
    name = f'big{kills}.bin'
    path, digest = make_file(name, mib)
    for p in (sender, receiver):
        p.evaluate('void (window.before = turnpike.room.pc)')
    held, most, began = memory(browser), 0, time.monotonic()
    send(sender, path, me(receiver))
    for i in range(kills):
        at = (mib << 20) * (i + 1) // (kills + 1)
        lab.check(f'{label}: {at >> 20} MiB arrive', lab.until(mib + 60, lambda a=at: any(
            t['offset'] >= a for t in transfers(receiver, name))), transfers(receiver, name))
        if i == 0:
            receiver.evaluate('turnpike.panel.show("files")')
            shot(receiver, 'data-progress')
            lab.check(f'{label}: both show how far it is', all(0.1 < p.evaluate(
                'document.querySelector("#transfers progress").value') < 1 for p in (sender, receiver)))
        kill_control((sender, receiver), label)
    end = time.monotonic() + 60 + mib
    while not over([sender, receiver], name) and time.monotonic() < end:
        most = max(most, memory(browser) - held)
        time.sleep(0.2 if mib < 256 else 2)
    took = time.monotonic() - began
    both = [transfers(p, name)[0] for p in (sender, receiver)]
    lab.check(f'{label}: done at both ends', all(t['state'] == 'done' for t in both), both)
    print(f'    {mib} MiB in {took:.1f} s, {mib / took:.1f} MiB/s; the browser held {most} MiB more')
    lab.check(f'{label}: interrupted as often', all(t['interrupted'] >= kills for t in both), both)
    lab.equal(f'{label}: the hash that both show', [t['sha256'] for t in both], [digest] * 2)
    lab.equal(f'{label}: what is saved', save(browser, receiver, name), digest)
    if mib >= 256:
        lab.check(f'{label}: it is not held in memory', most < mib / 2, most)
    for p in (sender, receiver):
        if p.evaluate('turnpike.room.published.size > 0'):
            lab.check(f'{label}: the connection of the media is the same',
                      p.evaluate('before === turnpike.room.pc && before.connectionState === "connected"'))
    shot(sender, f'data-big{kills}')
    os.remove(path)


def kill_control(pages, label):
    times, was, began = [p.evaluate('turnpike.data.times') for p in pages], pid_of('control'), time.monotonic()
    kill('control')
    lab.check(f'{label}: control is another', lab.until(5, lambda: pid_of('control') not in (was, None)))
    lab.check(f'{label}: the data connections are made anew within 10 s', lab.until(10, lambda: all(
        connected(p) and p.evaluate('turnpike.data.times') > t for p, t in zip(pages, times))),
        [p.evaluate('[turnpike.data.times, turnpike.data.pc?.connectionState]') for p in pages])
    print(f'    after {time.monotonic() - began:.1f} s')


def foxes(anna):
    """Another browser's data channels, and its private file system."""
    fox = firefox.Browser('server')
    try:
        page = join(fox, 'fox', files='accept')
        lab.check('Firefox: it has a data connection', lab.until(15, lambda: connected(page)))
        say(page, 'from Firefox')
        lab.check('Firefox: it is read', lab.until(5, lambda: reads(anna, 'from Firefox')))
        lab.check('Firefox: it reads', lab.until(5, lambda: reads(page, 'still here')))
        if not anna.evaluate('document.getElementById("accept-all").checked'):
            anna.evaluate('document.getElementById("accept-all").click()')
        for name, sender, receiver in (('to-firefox', anna, page), ('from-firefox', page, anna)):
            sender.evaluate(f'void turnpike.files.send([new File([new Uint8Array(8 << 20)], "{name}")], "{me(receiver)}")')
            lab.check(f'Firefox: a file {name}', lab.until(30, lambda s=sender, r=receiver, n=name: all_are('done', [s, r], n)) and
                      transfers(receiver, name)[0]['equal'] and transfers(sender, name)[0]['equal'], transfers(receiver, name))
    finally:
        fox.close()


def members():
    browser = chromium.Browser('server')
    try:
        anna, berta = (join(browser, name, microphone='on') for name in ('anna', 'berta'))
        lab.check('two members have data connections', lab.until(20, lambda: connected(anna) and connected(berta)),
                  [p.evaluate('window.turnpike?.data.pc?.connectionState ?? null') for p in (anna, berta)])
        chat(anna, berta)
        clara = history(browser, 'clara')
        lab.until(10, lambda: connected(clara))
        files(browser, anna, berta, clara)
        game([anna, berta, clara])
        statistics(anna)
        control_channel(browser, anna)
        if SIZE_MB >= 256:
            big(browser, anna, berta, SIZE_MB, 0, 'big file')
        big(browser, anna, berta, SIZE_MB, 1, 'control killed, members with media')
        # one without media is another participant after it
        big(browser, berta, clara, 48, 2, 'control killed twice, a receiver without media')
        say(anna, 'still here')
        lab.check('chat goes on', lab.until(10, lambda: reads(berta, 'still here') and reads(clara, 'still here')))
        if shutil.which('firefox-esr'):
            foxes(anna)
    finally:
        browser.close()


if __name__ == '__main__':
    members()
    lab.done()
