# SPDX-License-Identifier: BSD-3-Clause
"""What the control process' HTTP server answers to clients that are wrong, slow or hostile; http_test.sh runs it.

    http.py [CASE...]     each case prints "ok CASE" or "not ok CASE: why"; exit 1 when one failed
"""
import base64
import json
import os
import re
import socket
import struct
import sys
import threading
import time

ADDRESS = ('127.0.0.1', 8080)
GET = b'GET /healthz HTTP/1.1\r\nHost: x\r\n'
LAST = GET + b'Connection: close\r\n\r\n'


def talk(*parts, gap=0, wait=20):
    """Send, read to the end; the bytes and how long it took."""
    with socket.create_connection(ADDRESS) as s:
        s.settimeout(wait)
        start, got = time.monotonic(), b''
        try:
            for part in parts:
                s.sendall(part)
                time.sleep(gap)
        except OSError:
            pass
        try:
            while data := s.recv(65536):
                got += data
        except ConnectionResetError:
            pass
        return got, time.monotonic() - start


def statuses(got):
    """The status of each answer: a server that ended early gives fewer."""
    return [int(status) for status in re.findall(rb'HTTP/1\.[01] (\d{3}) ', got)]


def post(path, length, body=b'', head=b''):
    return b'POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n%s\r\n%s' % (path, length, head, body)


def expect(got, *want):
    assert statuses(got) == list(want), f'{statuses(got)} instead of {list(want)}: {got[:200]!r}'


class WebSocket:
    def __init__(self, path=b'/ws'):
        self.sock = socket.create_connection(ADDRESS)
        self.sock.settimeout(20)
        key = base64.b64encode(os.urandom(16))
        self.sock.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                          b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n' % (path, key))
        self.rest = b''
        while b'\r\n\r\n' not in self.rest:
            data = self.sock.recv(4096)
            assert data, 'closed in the handshake'
            self.rest += data
        self.head, self.rest = self.rest.split(b'\r\n\r\n', 1)

    def need(self, n):
        while len(self.rest) < n:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self.rest += data
        got, self.rest = self.rest[:n], self.rest[n:]
        return got

    def receive(self):
        first, length = self.need(2)
        if length == 126:
            length = struct.unpack('>H', self.need(2))[0]
        elif length == 127:
            length = struct.unpack('>Q', self.need(8))[0]
        return first & 15, self.need(length)

    def send(self, op, data, fin=True, announce=None):
        length = len(data) if announce is None else announce
        head = bytes([op | (128 if fin else 0)])
        if length < 126:
            head += bytes([128 | length])
        elif length < 65536:
            head += struct.pack('>BH', 254, length)
        else:
            head += struct.pack('>BQ', 255, length)
        try:
            self.sock.sendall(head + b'\0\0\0\0' + data)  # a mask of zeros
        except OSError:
            pass

    def closed_with(self):
        while True:
            op, data = self.receive()
            if op == 8:
                return struct.unpack('>H', data[:2])[0]


def websocket_code(*frames):
    ws = WebSocket()
    for frame in frames:
        ws.send(*frame[:2], **(frame[2] if len(frame) > 2 else {}))
    return ws.closed_with()


def case_garbage():
    for junk in (bytes(range(256)) * 40, b'\r\n\r\nfoo bar\r\n\r\n', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
                 b'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'a' * 600,
                 GET + b'X: ' + b'a' * 20000 + b'\r\n\r\n', GET + b''.join(b'X-%d: a\r\n' % i for i in range(2000))):
        got, took = talk(junk, wait=15)
        assert all(status >= 400 for status in statuses(got)), got[:200]
        assert took < 12, f'held for {took:.0f} s'


def case_paths():
    for path in (b'/../../etc/passwd', b'/%2e%2e/%2e%2e/etc/passwd', b'/..%2f..%2fetc/passwd', b'//etc/passwd', b'/a%00b',
                 b'/index.html/../../x', b'/' + b'a' * 3000):
        got, _ = talk(b'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' % path)
        assert statuses(got) in ([], [400], [404], [403]), got[:200]
        assert b'root:' not in got


def case_keep_alive_and_pipelining():
    expect(talk((GET + b'\r\n') * 3 + LAST)[0], 200, 200, 200, 200)
    expect(talk(b'GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc' + LAST)[0], 200, 200)


def case_slow_headers():
    got, took = talk(*[bytes([c]) for c in GET * 3], gap=0.5)
    assert took < 14 and 200 not in statuses(got), f'{took:.0f} s, {got[:100]!r}'


def case_slow_body():
    got, took = talk(post(b'/whip/r', b'100'), *[b'a'] * 40, gap=0.5)
    assert took < 14 and 201 not in statuses(got), f'{took:.0f} s, {got[:100]!r}'


def case_silent():
    got, took = talk(b'')
    assert took < 14 and not got, f'{took:.0f} s'


def case_slow_clients_harm_nobody():
    slow = [socket.create_connection(ADDRESS) for _ in range(200)]
    for s in slow:
        s.sendall(GET)
    start = time.monotonic()
    expect(talk(LAST)[0], 200)
    assert time.monotonic() - start < 2
    for s in slow:
        s.close()


def case_too_many_connections():
    many = [socket.create_connection(ADDRESS) for _ in range(300)]
    time.sleep(0.3)
    refused = 0
    for s in many:
        s.settimeout(0.02)
        try:
            refused += b' 503 ' in s.recv(4096)
        except OSError:
            pass
    for s in many:
        s.close()
    assert 30 <= refused <= 60, f'{refused} of 300 refused'
    time.sleep(0.5)
    expect(talk(LAST)[0], 200)


def case_lengths():
    json_head = b'Content-Type: application/sdp\r\n'
    expect(talk(post(b'/whip/r', b'300000', b'a' * 300000, json_head) + LAST)[0], 413, 200)
    expect(talk(post(b'/whip/r', b'9000000', b'a' * 9000000))[0], 413)
    expect(talk(post(b'/whip/r', b'-1'))[0], 400)
    expect(talk(post(b'/whip/r', b'99999999999999999999'))[0], 400)
    expect(talk(post(b'/whip/r', b'3\r\nContent-Length: 30', b'abc'))[0], 400)
    expect(talk(b'POST /whip/r HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')[0], 411)
    expect(talk(b'POST /whip/r HTTP/1.1\r\nHost: x\r\n\r\n')[0], 411)


def case_offers_that_are_none():
    for body in (b'', b'v=0', bytes(range(256)), b'v=0\r\n' * 20000):
        got, _ = talk(post(b'/whip/r', b'%d' % len(body), body, b'Content-Type: application/sdp\r\nConnection: close\r\n'))
        expect(got, 400)
    got, _ = talk(post(b'/whip/r', b'3', b'{}\n', b'Content-Type: application/json\r\nConnection: close\r\n'))
    expect(got, 415)


def case_methods():
    for method, path, want in ((b'PUT', b'/', 405), (b'POST', b'/', 405), (b'DELETE', b'/metrics', 405), (b'GET', b'/nothing', 404),
                               (b'HEAD', b'/', 200), (b'OPTIONS', b'/whip/r', 200), (b'OPTIONS', b'/metrics', 204)):
        got, _ = talk(b'%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' % (method, path))
        expect(got, want)
    assert b'Access-Control-Allow-Origin: *' in talk(b'OPTIONS /whip/r HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')[0]
    assert b'Access-Control' not in talk(b'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')[0]


def case_websocket_limits():
    assert websocket_code((1, b'a' * 10, {'announce': 300000})) == 1009, 'announced'
    assert websocket_code((1, b'a' * 100000, {'fin': False}), (0, b'a' * 100000, {'fin': False}),
                          (0, b'a' * 100000, {'fin': False})) == 1009, 'in fragments'
    assert websocket_code((1, b'a', {'announce': 1 << 62})) == 1009, 'absurd'
    assert websocket_code((2, b'binary')) == 1003
    assert websocket_code((1, b'\xff\xfe')) == 1007
    assert websocket_code((3, b'x')) == 1002
    assert WebSocket(b'/elsewhere').head.split()[1] == b'404'


def case_json_that_is_none():
    ws = WebSocket()
    for text in (b'', b'{', b'[]', b'null', b'{"t":1}', b'{"t":"nothing"}', b'{"t":"join"}', b'{"t":"join","room":{}}',
                 b'[' * 100000, b'{"t":"offer","n":1,"sdp":"v=0"}'):
        try:
            ws.send(1, text)
            op, data = ws.receive()
        except (EOFError, OSError):
            ws = WebSocket()
            continue
        assert op == 8 or json.loads(data)['t'] == 'error', data[:100]
        if op == 8:
            ws = WebSocket()
    ws = WebSocket()
    ws.send(1, b'{"t":"ping"}')
    assert json.loads(ws.receive()[1])['t'] == 'pong'


def case_clients_that_leave():
    for i in range(100):
        s = socket.create_connection(ADDRESS)
        s.sendall((post(b'/whip/r', b'100', b'a' * 50), b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n', b'GET /page.js HTTP/1.1\r\n')[i % 3])
        if i % 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        s.close()
    expect(talk(LAST)[0], 200)


def run(name, failed):
    try:
        globals()['case_' + name]()
        print('ok', name.replace('_', ' '))
    except Exception as e:  # pylint: disable=broad-except
        print('not ok', name.replace('_', ' ') + ':', repr(e))
        failed.append(name)


def main():
    names = sys.argv[1:] or [name[5:] for name in globals() if name.startswith('case_')]
    failed = []
    waiting = [threading.Thread(target=run, args=(name, failed)) for name in names if name.startswith(('slow_h', 'slow_b', 'sil'))]
    for thread in waiting:
        thread.start()
    for name in names:
        if not name.startswith(('slow_h', 'slow_b', 'sil')):
            run(name, failed)
    for thread in waiting:
        thread.join()
    sys.exit(1 if failed else 0)


main()
