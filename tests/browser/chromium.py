# SPDX-License-Identifier: BSD-3-Clause
"""Chromium driven over its debugging pipe (fds 3 and 4, JSON messages ended by NUL): no driver to install."""
import fcntl
import json
import os
import select
import subprocess
import time

import lab

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--mute-audio',
         '--autoplay-policy=no-user-gesture-required', '--disable-background-timer-throttling',
         '--disable-renderer-backgrounding', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
         '--remote-debugging-pipe']


class Browser:
    """A browser in the namespace of host `name`, showing one page."""

    def __init__(self, name, page):
        work = os.path.join(os.environ['LAB'], 'browser-' + name)
        os.mkdir(work)
        # above 9, so that making them 3 and 4 in the child closes neither
        to, self.to = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in os.pipe())
        self.of, of = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in os.pipe())

        def pipes():
            os.dup2(to, 3)
            os.dup2(of, 4)

        with lab.namespace(name), open(os.path.join(work, 'log'), 'wb') as log:
            self.process = subprocess.Popen(['chromium', *FLAGS, '--user-data-dir=' + work, 'about:blank'],
                                            preexec_fn=pipes, pass_fds=(3, 4), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        os.close(to)
        os.close(of)
        self.log, self.rest, self.next_id, self.session = os.path.join(work, 'log'), b'', 0, None
        target = self.command('Target.createTarget', url='file://' + page)['targetId']
        self.session = self.command('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        if not lab.until(20, lambda: self.evaluate('location.protocol + document.readyState') == 'file:complete'):
            raise RuntimeError(page + ' did not load')

    def command(self, method, timeout=90, **params):
        """Send a command and wait for what it gives; events are let go by."""
        self.next_id += 1
        message = {'id': self.next_id, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        end = time.monotonic() + timeout
        while True:
            while b'\0' in self.rest:
                line, self.rest = self.rest.split(b'\0', 1)
                answer = json.loads(line)
                if answer.get('id') == self.next_id:
                    if 'error' in answer:
                        raise RuntimeError(answer['error']['message'])
                    return answer['result']
            ready, _, _ = select.select([self.of], [], [], max(0, end - time.monotonic()))
            got = os.read(self.of, 1 << 20) if ready else b''
            if not got:
                with open(self.log, errors='replace') as log:
                    raise RuntimeError(('browser ended: ' if ready else 'no answer: ') + log.read()[-2000:])
            self.rest += got

    @staticmethod
    def value(result):
        if 'exceptionDetails' in result:
            raise RuntimeError(result['exceptionDetails'].get('exception', {}).get('description', 'exception'))
        return result['result'].get('value')

    def evaluate(self, expression):
        return self.value(self.command('Runtime.evaluate', expression=expression, awaitPromise=True,
                                       returnByValue=True))

    def call(self, function, *args):
        """A function of the page, awaited."""
        return self.evaluate(f'{function}({", ".join(map(json.dumps, args))})')

    def close(self):
        try:
            self.command('Browser.close', timeout=10)
            self.process.wait(10)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, 9)
            self.process.wait()
