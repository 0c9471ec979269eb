# SPDX-License-Identifier: BSD-3-Clause
"""Firefox driven over Marionette, its own remote control (TCP, "LENGTH:JSON"): no driver to install.

What room.py asks of a page, as chromium.py has it. One browser, one page.
"""
import base64
import json
import os
import socket
import subprocess
import tempfile

import lab

PORT = 2828
PREFERENCES = {
    'marionette.port': PORT,
    'media.navigator.streams.fake': True,
    'media.navigator.permission.disabled': True,
    'media.autoplay.default': 0,
    'media.autoplay.blocking_policy': 0,
    'media.volume_scale': '0.0',
    # a name instead of an address would need multicast DNS
    'media.peerconnection.ice.obfuscate_host_addresses': False,
    # nothing but the page
    'browser.shell.checkDefaultBrowser': False,
    'browser.aboutwelcome.enabled': False,
    'browser.startup.homepage_override.mstone': 'ignore',
    'datareporting.policy.dataSubmissionEnabled': False,
    'toolkit.telemetry.enabled': False,
    'app.update.enabled': False,
    'app.normandy.enabled': False,
    'extensions.update.enabled': False,
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'browser.safebrowsing.update.enabled': False,
}


class Browser:
    """Firefox in the namespace of host `name`, showing one page."""

    def __init__(self, name):
        self.work = tempfile.mkdtemp(prefix='firefox-' + name + '-', dir=os.environ['LAB'])
        with open(os.path.join(self.work, 'user.js'), 'w', encoding='utf-8') as out:
            for key, value in PREFERENCES.items():
                out.write(f'user_pref({json.dumps(key)}, {json.dumps(value)});\n')
        self.log, self.rest, self.next_id = os.path.join(self.work, 'log'), b'', 0
        with lab.namespace(name), open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                ['firefox-esr', '--headless', '--no-remote', '--marionette', '--profile', self.work, 'about:blank'],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, 'HOME': self.work, 'MOZ_CRASHREPORTER_DISABLE': '1'})
        self.name = name
        if not lab.until(60, self.connect):
            self.close()
            raise RuntimeError('Firefox does not listen')
        self.receive()  # who it is
        self.command('WebDriver:NewSession', capabilities={'alwaysMatch': {'unhandledPromptBehavior': 'dismiss'}})
        self.command('WebDriver:SetTimeouts', script=60000, pageLoad=30000)

    def connect(self):
        if self.process.poll() is not None:
            raise RuntimeError('Firefox ended')
        with lab.namespace(self.name):
            self.socket = socket.socket()
        self.socket.settimeout(90)
        try:
            self.socket.connect(('127.0.0.1', PORT))
        except OSError:
            self.socket.close()
            return False
        return True

    def receive(self):
        while True:
            length, colon, rest = self.rest.partition(b':')
            if colon and len(rest) >= int(length):
                self.rest = rest[int(length):]
                return json.loads(rest[:int(length)])
            got = self.socket.recv(1 << 20)
            if not got:
                raise RuntimeError('Firefox ended')
            self.rest += got

    def command(self, name, **params):
        self.next_id += 1
        message = json.dumps([0, self.next_id, name, params]).encode()
        self.socket.sendall(b'%d:%s' % (len(message), message))
        while True:
            kind, number, error, result = self.receive()
            if kind == 1 and number == self.next_id:
                if error:
                    raise RuntimeError(error['message'])
                return result

    def open(self, url):
        self.command('WebDriver:Navigate', url=url)
        return self

    def evaluate(self, expression):
        script = ('const done = arguments[arguments.length - 1];'
                  f'(async () => ({expression}))().then(v => done(JSON.stringify([v ?? null])),'
                  ' e => done(JSON.stringify({error: `${e}`})))')
        got = json.loads(self.command('WebDriver:ExecuteAsyncScript', script=script, args=[])['value'])
        if isinstance(got, dict):
            raise RuntimeError(got['error'])
        return got[0]

    def call(self, function, *args):
        return self.evaluate(f'{function}({", ".join(map(json.dumps, args))})')

    def click(self, selector):
        self.evaluate(f'document.querySelector({json.dumps(selector)}).click()')

    def screenshot(self, file):
        with open(file, 'wb') as out:
            out.write(base64.b64decode(self.command('WebDriver:TakeScreenshot', full=False)['value']))

    def close(self):
        try:
            self.command('Marionette:Quit', flags=['eForceQuit'])
            self.process.wait(10)
        except (RuntimeError, OSError, AttributeError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, 9)
            self.process.wait()
