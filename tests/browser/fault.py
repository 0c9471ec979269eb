# SPDX-License-Identifier: BSD-3-Clause
"""A call that goes on while the processes behind it are killed (kill -9) or stopped.

Control killed or stopped: media never notices. Dataplane killed: browsers find back by an ICE restart. Both killed:
they join anew. What is left when all have gone must be nothing.
"""
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import chromium
import lab
import room

MEMBERS = int(os.environ.get('MEMBERS', '4'))
KILLS = int(os.environ.get('KILLS', '10'))
STOPPED = int(os.environ.get('STOPPED', '30'))
ROOM = 'fault'
PAUSE = 1  # s of call after a fault, before what it did is looked at

# In each member's page: who it was at each joining, and the longest that a track went without a packet.
WATCH = '''(() => {
    const seen = new Map();
    window.fault = {joined: [], states: [], quiet: 0, pc: turnpike.room.pc};
    turnpike.room.addEventListener('joined', e => fault.joined.push(e.detail.resumed));
    turnpike.room.addEventListener('state', e => fault.states.push(e.detail.state));
    setInterval(async () => {
        const stats = await turnpike.room.pc.getStats(), now = performance.now();
        for (const s of stats.values()) {
            if (s.type !== 'inbound-rtp')
                continue;
            const was = seen.get(s.ssrc);
            if (was?.packets === s.packetsReceived)
                fault.quiet = Math.max(fault.quiet, now - was.at);
            else
                seen.set(s.ssrc, {packets: s.packetsReceived, at: now});
        }
    }, 100);
})()'''

RECEIVED = '''(async () => {
    const all = {};
    for (const s of (await turnpike.room.pc.getStats()).values())
        if (s.type === 'inbound-rtp')
            all[s.mid] = {packets: s.packetsReceived, lost: s.packetsLost, nacks: s.nackCount ?? 0,
                frames: s.framesDecoded ?? 0, kind: s.kind, ssrc: s.ssrc};
    return all;
})()'''

# A new member that only looks on: the page's own code, without a camera. When it had joined, when it had a packet of
# each track, how many tracks it was told are muted.
VISIT = '''(async (room, tracks) => {
    const began = performance.now(), since = () => (performance.now() - began) / 1000;
    const {Room} = await import('/room.js');
    const visitor = new Room({room, name: 'visitor'}), got = {};
    visitor.addEventListener('joined', () => got.joined ??= since());
    visitor.connect();
    while (since() < 10 && !got.media) {
        await new Promise(done => setTimeout(done, 20));
        if (!visitor.pc)
            continue;
        const all = [...(await visitor.pc.getStats()).values()];
        if (all.filter(s => s.type === 'inbound-rtp' && s.packetsReceived > 0).length >= tracks)
            got.media = since();
    }
    got.muted = [...visitor.tracks.values()].filter(t => t.muted).length;
    visitor.leave();
    return got;
})'''


# A guest that only looks on, until it is told to leave.
GUEST = '''(async room => {
    const {Room} = await import('/room.js');
    window.guest = new Room({room, name: 'guest'});
    const there = new Promise(done => guest.addEventListener('state', e => e.detail.state === 'connected' && done()));
    guest.connect();
    await there;
})'''


# --- the processes -------------------------------------------------------------------------------


def pid_of(name):
    """A child of `turnpike run`; None: there is none now."""
    out = subprocess.run(['ps', '--ppid', os.environ['SERVER_PID'], '-o', 'pid=,args='], capture_output=True, check=False)
    for line in out.stdout.decode().splitlines():
        pid, args = line.split(None, 1)
        if os.path.basename(args.split()[0]) == 'turnpike-' + name:
            return int(pid)
    return None


def kill(name):
    """kill -9; when it was."""
    os.kill(pid_of(name), signal.SIGKILL)
    return time.monotonic()


def get(path):
    """What control answers to an operator; None: it does not, or says that it cannot serve."""
    try:
        with lab.namespace('server'), urllib.request.urlopen('http://127.0.0.1:8080' + path, timeout=2) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def descriptors():
    return len(os.listdir(f'/proc/{pid_of("dataplane")}/fd'))


def after(began, seconds, condition):
    """Seconds from `began` until it holds; None: not within `seconds`."""
    held = lab.until(began + seconds - time.monotonic(), condition)
    return time.monotonic() - began if held else None


def show_times(what, times):
    print(f'    {what}: ' + ' '.join('-' if t is None else f'{t:.2f}' for t in times) + ' s', flush=True)


def all_within(what, seconds, times, detail=''):
    lab.check(f'{what} within {seconds} s', all(t is not None and t <= seconds for t in times), [times, detail])


# --- the members ---------------------------------------------------------------------------------


def received(page):
    return page.evaluate('window.turnpike?.room.pc ? ' + RECEIVED + ' : null') or {}


def fault(page, what):
    return page.evaluate('fault.' + what)


def times_joined(page):
    return page.evaluate('fault.joined.length')


def signaling_back(pages, times):
    """Each has joined once more than `times` says, and no offer of it is open."""
    return all(times_joined(p) > n and p.evaluate('turnpike.room.joined && turnpike.room.pc.signalingState') == 'stable'
               for p, n in zip(pages, times))


def grown(page, before):
    """As many tracks as before are being received, those of before or new ones."""
    return sum(s['packets'] >= 20 + (before[mid]['packets'] if before.get(mid, {}).get('ssrc') == s['ssrc'] else 0)
               for mid, s in received(page).items()) >= len(before)


def moving(pages):
    """Every picture of every receiver moves."""
    was = [received(p) for p in pages]
    return lab.until(10, lambda: all(now[mid]['frames'] > s['frames'] for p, b in zip(pages, was) for now in [received(p)]
                                     for mid, s in b.items() if s['kind'] == 'video'))


def calm(pages):
    """What each has received so far, camera and microphone of each other; from here on the longest silence counts."""
    lab.until(5, lambda: all(len(received(p)) == 2 * (MEMBERS - 1) for p in pages))  # a screen may still be going
    for p in pages:
        p.evaluate('fault.quiet = 0')
    return [received(p) for p in pages]


def untouched(what, pages, before):
    """Since calm(): not a packet is missing at any receiver, all go on, over the same peer connections."""
    both = [(b, now.get(mid, {'ssrc': None})) for p, was in zip(pages, before) for now in [received(p)]
            for mid, b in was.items()]
    lab.check(f'{what}: {len(both)} receivers, each as it was',
              len(both) == 2 * MEMBERS * (MEMBERS - 1) and all(n['ssrc'] == b['ssrc'] for b, n in both))
    both = [(b, n) for b, n in both if n['ssrc']]
    lab.equal(f'{what}: packets lost', [n['lost'] - b['lost'] for b, n in both], [0] * len(both))
    lab.equal(f'{what}: packets asked for again', sum(n['nacks'] - b['nacks'] for b, n in both), 0)
    lab.check(f'{what}: all of them go on', all(n['packets'] > b['packets'] for b, n in both))
    quiet = [round(fault(p, 'quiet')) for p in pages]
    lab.check(f'{what}: none waits a second for a packet', all(q < 1000 for q in quiet), quiet)
    lab.check(f'{what}: the same peer connections, connected',
              all(p.evaluate('fault.pc === turnpike.room.pc && fault.pc.connectionState') == 'connected' for p in pages))


def mute(pages, page, what):
    """Signaling works: one says it, all others hear it."""
    me = page.evaluate('turnpike.room.id')
    for muted in (True, False):
        page.click('#microphone')
        lab.check(f'{what}: {"mute" if muted else "its end"} is told',
                  lab.until(5, lambda m=muted: all(bool(room.muted_for(p, me)) is m for p in pages if p is not page)))


def visit(probe):
    return probe.call(VISIT, ROOM, 2 * MEMBERS)


# --- the faults ----------------------------------------------------------------------------------


def control_killed(pages, probe):
    """KILLS times. One is muted all the while: the dataplane keeps it for the next control process."""
    what = f'control killed {KILLS} times'
    ids, dataplane, held = [p.evaluate('turnpike.room.id') for p in pages], pid_of('dataplane'), descriptors()
    pages[0].click('#microphone')
    before, visits, back = calm(pages), [], []
    for _ in range(KILLS):
        times = [times_joined(p) for p in pages]
        began = kill('control')
        visits.append(visit(probe))
        back.append(after(began, 10, lambda t=times: signaling_back(pages, t)))
        time.sleep(PAUSE)
    untouched(what, pages, before)
    lab.equal(f'{what}: the dataplane is the one it was', pid_of('dataplane'), dataplane)
    lab.check(f'{what}: the dataplane holds no more descriptors', descriptors() <= held, [descriptors(), held])
    joined, media = ([v.get(key) for v in visits] for key in ('joined', 'media'))
    show_times('signaling back after', back)
    show_times('new member in after', joined)
    show_times('with all media after', media)
    all_within(f'{what}: signaling is back by itself', 10, back)
    all_within(f'{what}: a new member joins', 2, joined)
    all_within(f'{what}: and receives all', 10, media)
    lab.equal(f'{what}: the members are who they were', [p.evaluate('turnpike.room.id') for p in pages], ids)
    lab.check(f'{what}: each came back as itself', all(all(fault(p, 'joined')) for p in pages))
    lab.equal(f'{what}: a new member hears who is muted', [v['muted'] for v in visits], [1] * KILLS)
    pages[0].click('#microphone')
    lab.equal(f'{what}: tiles', [len(room.tiles(p)) for p in pages], [MEMBERS] * MEMBERS)
    mute(pages, pages[-1], what)


def control_killed_at_a_bad_moment(pages, probe):
    """While a new member is half in; and a member shares its screen when there is nobody to tell."""
    before, got = calm(pages), []
    for delay in (0.03, 0.08, 0.15):
        probe.evaluate(f'void (window.visit = {VISIT}({json.dumps(ROOM)}, {2 * MEMBERS}))')
        time.sleep(delay)
        kill('control')
        got.append(probe.evaluate('window.visit').get('media'))
        time.sleep(PAUSE)
    show_times('half in when control was killed, all media after', got)
    all_within('control killed during a join: it goes on by itself', 10, got)
    untouched('control killed during a join', pages, before)
    kill('control')
    room.screen(pages[1:], pages[0], 'control killed, then a screen shared')


def participants():
    rooms = json.loads(get('/api/v1/rooms') or '{}').get('rooms')
    return None if rooms is None else [p['name'] for r in rooms for p in r['participants']]


def left_when_nobody_listened(browser, pages, probe):
    """A guest leaves while control hangs, and that is killed before it heard of it. Another closes its page."""
    what, before = 'left while control was dead', calm(pages)
    probe.call(GUEST, ROOM)
    lab.check(f'{what}: it was there', lab.until(5, lambda: 'guest' in participants()))
    os.kill(pid_of('control'), signal.SIGSTOP)
    probe.evaluate('guest.leave()')
    time.sleep(0.3)
    took = after(kill('control'), 20, lambda: participants() is not None and len(participants()) == MEMBERS)
    show_times('gone after', [took])
    all_within(f'{what}: gone', 3, [took], participants())
    tab = room.join(browser, ROOM, 'tab')
    # the page knows that it is there, too: what it would leave by
    lab.check('closed its page: it was there',
              lab.until(10, lambda: 'tab' in participants() and tab.evaluate('!!window.turnpike?.room?.resume')))
    began = time.monotonic()
    tab.close()
    all_within('closed its page: gone', 2, [after(began, 20, lambda: 'tab' not in participants())], participants())
    lab.check(f'{what}: the others sit still', lab.until(5, lambda: all(len(room.tiles(p)) == MEMBERS for p in pages)))
    untouched(what, pages, before)


def control_stopped(pages, probe):
    what = f'control stopped for {STOPPED} s'
    before, pid, times = calm(pages), pid_of('control'), [times_joined(p) for p in pages]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(STOPPED)
    untouched(what, pages, before)
    os.kill(pid, signal.SIGCONT)
    all_within(f'{what}: a new member joins and receives all', 10, [visit(probe).get('media')])
    mute(pages, pages[1], what)
    lab.equal(f'{what}: it is the same process', pid_of('control'), pid)
    lab.equal(f'{what}: nobody had to join again', [times_joined(p) for p in pages], times)
    untouched(f'{what}, and a while after', pages, before)


def comes_back(what, pages, before, began):
    """The engine serves, every member receives and decodes as many tracks as before."""
    all_within(f'{what}: the engine serves again', 2, [after(began, 10, lambda: get('/readyz') is not None)])
    took = [after(began, 30, lambda p=p, b=b: grown(p, b)) for p, b in zip(pages, before)]
    show_times('media back after', took)
    all_within(f'{what}: all receive all again', 10, took, [fault(p, 'states') for p in pages])
    lab.check(f'{what}: pictures move', moving(pages))


def dataplane_killed(pages, probe):
    what = 'dataplane killed'
    before, control, times = calm(pages), pid_of('control'), [times_joined(p) for p in pages]
    comes_back(what, pages, before, kill('dataplane'))
    lab.equal(f'{what}: control is the one it was', pid_of('control'), control)
    lab.check(f'{what}: by an ICE restart of the same peer connections',
              all(p.evaluate('fault.pc === turnpike.room.pc') for p in pages))
    lab.equal(f'{what}: nobody had to join again', [times_joined(p) for p in pages], times)
    all_within(f'{what}: a new member joins and receives all', 10, [visit(probe).get('media')])
    # the next control process learns from the new dataplane what that was told
    what += ', then control'
    before = calm(pages)
    kill('control')
    lab.check(f'{what}: signaling is back', lab.until(10, lambda: signaling_back(pages, times)))
    time.sleep(PAUSE)
    untouched(what, pages, before)
    lab.check(f'{what}: each came back as itself', all(all(fault(p, 'joined')) for p in pages))


def both_killed(pages):
    what, before = 'both killed', calm(pages)
    began = kill('dataplane')
    kill('control')
    comes_back(what, pages, before, began)
    lab.equal(f'{what}: tiles', [len(room.tiles(p)) for p in pages], [MEMBERS] * MEMBERS)
    mute(pages, pages[0], what)


# --- what is left ----------------------------------------------------------------------------------


def nothing_is_left(pages, probe):
    what = 'all have left'
    for p in pages:
        p.click('#leave')
    probe.close()
    lab.check(f'{what}: no session', lab.until(5, lambda: lab.show('sessions')['sessions'] == []), lab.show('sessions'))

    def held():
        gauges = lab.show('counters')['gauges']
        return {g: gauges[g] for g in ('sessions', 'tracks', 'routes', 'streams', 'flows', 'held') if gauges[g]}

    lab.check(f'{what}: the dataplane holds nothing', lab.until(5, lambda: not held()), held())
    lanes = lab.show('lanes')['lanes']
    lab.check(f'{what}: the lanes are empty, nothing in them was bad or lost',
              all(x[way][key] == 0 for x in lanes for way in ('up', 'down') for key in ('waiting', 'bad')) and
              all(x['up']['full'] == 0 for x in lanes), lanes)
    # a data connection goes a tick after its participant, and the room with it
    lab.check(f'{what}: no room', lab.until(5, lambda: json.loads(get('/api/v1/rooms') or '{}').get('rooms') == []), get('/api/v1/rooms'))
    lab.check(f'{what}: every packet is accounted for', lab.until(5, lab.balanced), lab.show('counters')['balance'])


def call():
    browser = chromium.Browser('server')
    try:
        pages = [room.join(browser, ROOM, f'p{i}') for i in range(MEMBERS)]
        probe = browser.open(room.URL)
        together = lab.until(30, lambda: all(room.sees(p, MEMBERS - 1) for p in pages))
        lab.check(f'{MEMBERS} members see and hear each other', together, [room.figures(p)['all'] for p in pages])
        if not together:
            return
        for p in pages:
            p.evaluate(WATCH)
        control_killed(pages, probe)
        control_killed_at_a_bad_moment(pages, probe)
        left_when_nobody_listened(browser, pages, probe)
        control_stopped(pages, probe)
        dataplane_killed(pages, probe)
        both_killed(pages)
        nothing_is_left(pages, probe)
    finally:
        browser.close()


if __name__ == '__main__':
    call()
    lab.done()
