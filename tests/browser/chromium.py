# SPDX-License-Identifier: BSD-3-Clause
"""Chromium driven over its debugging pipe (fds 3 and 4, JSON messages ended by NUL): no driver to install."""
import base64
import fcntl
import json
import os
import select
import subprocess
import tempfile
import time

import lab

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--mute-audio',
         '--autoplay-policy=no-user-gesture-required', '--disable-background-timer-throttling',
         '--disable-renderer-backgrounding', '--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream',
         '--remote-debugging-pipe']


class Page:
    """One page of a browser."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def command(self, method, **params):
        return self.browser.command(method, session=self.session, **params)

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

    def click(self, selector):
        """As a user does: it counts as one (getDisplayMedia asks for that)."""
        self.command('Runtime.evaluate', expression=f'document.querySelector({json.dumps(selector)}).click()',
                     userGesture=True)

    def screenshot(self, file):
        with open(file, 'wb') as out:
            out.write(base64.b64decode(self.command('Page.captureScreenshot')['data']))

    def close(self):
        self.browser.command('Target.closeTarget', targetId=self.target)


class Browser(Page):
    """A browser in the namespace of host `name`, showing one page (a file); more by open()."""

    def __init__(self, name, page=None):
        self.work = work = tempfile.mkdtemp(prefix='browser-' + name + '-', dir=os.environ['LAB'])
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
        self.log, self.rest, self.next_id = os.path.join(work, 'log'), b'', 0
        super().__init__(self, None)
        if page:
            self.session = self.open('file://' + page).session

    def open(self, url, script=None):
        """script: run in the page before its own."""
        target = self.command('Target.createTarget', session=None, url='about:blank' if script else url)['targetId']
        page = Page(self, self.command('Target.attachToTarget', session=None, targetId=target, flatten=True)['sessionId'])
        page.target = target
        if script:
            page.command('Page.enable')
            page.command('Page.addScriptToEvaluateOnNewDocument', source=script)
            page.command('Page.navigate', url=url)
        if not lab.until(20, lambda: page.evaluate('location.protocol != "about:" && document.readyState') == 'complete'):
            raise RuntimeError(url + ' did not load')
        return page

    def command(self, method, timeout=90, session='', **params):
        """Send a command and wait for what it gives; events are let go by."""
        self.next_id += 1
        message = {'id': self.next_id, 'method': method, 'params': params}
        session = self.session if session == '' else session
        if session:
            message['sessionId'] = session
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

    def close(self):
        try:
            self.command('Browser.close', timeout=10, session=None)
            self.process.wait(10)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, 9)
            self.process.wait()
