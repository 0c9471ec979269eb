# SPDX-License-Identifier: BSD-3-Clause
"""show, trace and capture against known traffic."""
import json
import os
import re
import subprocess
import time

import lab

THINGS = ['counters', 'drops', 'cores', 'nodes', 'ports', 'neighbours', 'allocations', 'sessions', 'graph', 'config']
TO_PEER, TO_CLIENT = 7, 5
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def traffic():
    """An allocation with a channel, TO_PEER datagrams there and TO_CLIENT back."""
    client, peer = lab.client(), lab.udp('peer', lab.host(2))
    lab.equal('traffic: allocated', client.allocate().code, 0)
    lab.equal('traffic: bound', client.bind(0x4000, peer.getsockname()).code, 0)
    peer.settimeout(2)
    for _ in range(TO_PEER):
        client.send_channel(0x4000, b'x' * 100)
        peer.recv(200)
    for _ in range(TO_CLIENT):
        peer.sendto(b'y' * 50, client.relay)
        client.data()
    return client, peer


def things():
    for thing in THINGS:
        text = lab.show(thing, as_json=False)
        lab.check(f'show {thing}: text and JSON', text.strip() and isinstance(lab.show(thing), dict))
    for form in (True, False):
        text = json.dumps(lab.show('config')) if form else lab.show('config', as_json=False)
        lab.check(f'show config {"--json " * form}keeps passwords to itself', 'wonderland' not in text)


def rows(client):
    own = '%s:%d' % client.sock.getsockname()
    row = [r for r in lab.show('allocations')['allocations'] if r['client'] == own]
    lab.equal('show allocations: one row of ours', len(row), 1)
    row = row[0]
    lab.equal('its numbers', {k: row[k] for k in ('user', 'relayed4', 'permissions', 'channels', 'to_peer_packets',
                                                  'to_peer_bytes', 'to_client_packets', 'to_client_bytes')},
              {'user': 'alice', 'relayed4': '%s:%d' % client.relay, 'permissions': 1, 'channels': 1,
               'to_peer_packets': TO_PEER, 'to_peer_bytes': TO_PEER * 100,
               'to_client_packets': TO_CLIENT, 'to_client_bytes': TO_CLIENT * 50})
    counters = lab.show('counters')['counters']
    lab.equal('show counters: relayed', (counters['relay.to_peer.packets'], counters['relay.to_client.packets']),
              (TO_PEER, TO_CLIENT))
    gauges = lab.show('counters')['gauges']
    lab.equal('show counters: present', (gauges['allocations'], gauges['permissions'], gauges['channels']), (1, 1, 1))
    known = {r['address'] for r in lab.show('neighbours')['neighbours']}
    lab.check('show neighbours: client and peer', {lab.host(1), lab.host(2)} <= known, known)
    lab.check('show counters: balanced', lab.until(2, lab.balanced), lab.show('counters'))


def drops(client):
    before = lab.show('drops')['drops']['channel_unbound']
    for _ in range(3):
        client.send_channel(0x4321, b'nobody')
    lab.check('show drops: three for an unbound channel',
              lab.until(2, lambda: lab.show('drops')['drops']['channel_unbound'] == before + 3))


def graph():
    with open(os.path.join(TOP, 'docs', 'graph.dot'), encoding='utf-8') as drawing:
        lab.equal('the running graph is the one of docs/graph.dot', lab.show('graph', as_json=False), drawing.read())


def while_running(command, act):
    """Runs a command that waits for packets, makes some until it has had enough; its output."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 15
    while process.poll() is None and time.monotonic() < end:
        act()
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
    return process.communicate()[0], process.returncode


def trace(client):
    port = str(client.sock.getsockname()[1])
    out, code = while_running(lab.turnpike('trace', '-n', '2', '--json', 'udp', 'port', port),
                              lambda: client.send_channel(0x4000, b'traced'))
    packets = [json.loads(line) for line in out.splitlines()]
    lab.equal('trace: as many packets as asked for, exit 0', (len(packets), code), (2, 0))
    path = [step['node'] for step in packets[0]['steps']]
    lab.check('trace: classify, channel, ip_out in this order',
              [n for n in path if n in ('classify', 'channel', 'ip_out')] == ['classify', 'channel', 'ip_out'], path)
    out, code = while_running(lab.turnpike('trace', '-n', '1', 'drops', 'port', port),
                              lambda: client.send_channel(0x4321, b'nobody'))
    lab.check('trace: a drop and its reason in words', 'channel_unbound' in out and 'is not bound' in out, out)


def tcpdump(file):
    return subprocess.run(['tcpdump', '-n', '-xx', '-r', file], check=True, capture_output=True, text=True).stdout


def capture(client):
    port = client.sock.getsockname()[1]
    file = os.path.join(os.environ['LAB'], 'capture.pcapng')
    _, code = while_running(lab.turnpike('capture', '-n', '4', '-w', file, 'udp', 'port', str(port)),
                            lambda: client.send_channel(0x4000, b'captured'))
    text = tcpdump(file)
    lab.equal('capture: four packets, readable by tcpdump, exit 0',
              (text.count(f'{lab.host(1)}.{port} > {lab.server(1)}.3478'), code), (4, 0))
    lab.check('capture: whole', re.sub(r'\n\t0x[0-9a-f]+:|\s', '', text).count(b'captured'.hex()) == 4, text)
    _, code = while_running(lab.turnpike('capture', '-n', '1', '--drops', 'channel_unbound', '-w', file),
                            lambda: (client.send_channel(0x4321, b'nobody'), client.send_channel(0x4000, b'fine')))
    lab.equal('capture --drops: the dropped one', tcpdump(file).count(' > '), 1)
    with open(file, 'rb') as data:
        lab.check('capture --drops: says why', b'channel_unbound' in data.read())


client, peer = traffic()
rows(client)
things()
drops(client)
trace(client)
capture(client)
graph()
lab.done()
