# SPDX-License-Identifier: BSD-3-Clause
"""baresip as a telephone: registered at a proxy, says a WAV file, commanded and heard by its control socket."""
import json
import os
import socket
import subprocess
import tempfile
import time

import lab

CONFIG = '''\
poll_method epoll
sip_listen {address}:{sip}
audio_player aubridge,void
audio_alert aubridge,void
audio_source aufile,{wav}
rtp_ports {rtp}-{rtp_end}
net_interface {address}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
'''


class Baresip:
    """codec: PCMU or PCMA; rtp: the first of 20 ports. Answers whoever calls."""

    def __init__(self, user, proxy, address, wav, codec='PCMU', name='server', sip=5070, control=4444, rtp=40000):
        work = tempfile.mkdtemp(prefix='baresip-' + user + '-', dir=os.environ['LAB'])
        with open(os.path.join(work, 'config'), 'w') as out:
            out.write(CONFIG.format(address=address, sip=sip, wav=wav, rtp=rtp, rtp_end=rtp + 20, control=control))
        with open(os.path.join(work, 'accounts'), 'w') as out:
            out.write(f'<sip:{user}@{proxy}>;auth_pass=none;answermode=auto;regint=300;audio_codecs={codec}/8000/1;ptime=20\n')
        self.log, self.rest, self.seen = os.path.join(work, 'log'), b'', []
        with lab.namespace(name):
            with open(self.log, 'wb') as log:
                self.process = subprocess.Popen(['baresip', '-4', '-f', work], stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, env={**os.environ, 'HOME': work})
            if not lab.until(20, lambda: self.connect(control)):
                raise RuntimeError('baresip has no control socket: ' + self.text())

    def text(self):
        with open(self.log, errors='replace') as log:
            return log.read()[-3000:]

    def is_registered(self):
        """By its log: the event may be over before the control socket is there."""
        with open(self.log, errors='replace') as log:
            return '[1 binding]' in log.read()

    def connect(self, port):
        self.sock = socket.socket()
        try:
            self.sock.connect(('127.0.0.1', port))
        except ConnectionRefusedError:
            self.sock.close()
            return False
        return True

    def command(self, command, params=''):
        body = json.dumps({'command': command, 'params': params, 'token': command}).encode()
        self.sock.sendall(b'%d:%s,' % (len(body), body))

    def read(self, seconds):
        """Keep what comes until then."""
        self.sock.settimeout(seconds)
        try:
            got = self.sock.recv(65536)
        except socket.timeout:
            return
        if not got:
            raise RuntimeError('baresip ended: ' + self.text())
        self.rest += got
        while b':' in self.rest:  # netstrings
            length, rest = self.rest.split(b':', 1)
            if len(rest) <= int(length):
                return
            self.seen.append(json.loads(rest[:int(length)]))
            self.rest = rest[int(length) + 1:]

    def events(self, kind):
        """The params of those of a kind so far."""
        return [e.get('param', '') for e in self.seen if e.get('type') == kind]

    def waits(self, kind, times=1, seconds=20):
        """Whether that many of a kind came, since the last forget()."""
        end = time.monotonic() + seconds
        while len(self.events(kind)) < times and time.monotonic() < end:
            self.read(max(0.01, end - time.monotonic()))
        return len(self.events(kind)) >= times

    def forget(self):
        self.seen = []

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
