# SPDX-License-Identifier: BSD-3-Clause
"""What a Python test needs of the laboratory that lab.sh raised: sockets in its namespaces, and verdicts.

A socket belongs to the namespace in which it was made: one test process holds clients, peers,
attackers and canaries at once.
"""
import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import time

import turnclient

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
OURS = os.environ['SUT'] == 'turnpike'  # not so: a second opinion is being heard
failed = 0


def enter(path):
    with open(path, 'rb') as ns:
        if libc.setns(ns.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns ' + path)


@contextlib.contextmanager
def namespace(name):
    """Inside, sockets are made in the namespace of that host."""
    with open('/proc/self/ns/net', 'rb') as home:
        enter(f'/proc/{os.environ["NS_" + name]}/ns/net')
        try:
            yield
        finally:
            if libc.setns(home.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'setns')


def udp(name, address, port=0):
    """A UDP socket of host `name`, bound."""
    with namespace(name):
        sock = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind((address, port))
    return sock


def host(link, family=4):
    """The host's address on link number `link`."""
    return f'10.77.{link}.2' if family == 4 else f'fd77:{link}::2'


def server(link, family=4):
    return f'10.77.{link}.1' if family == 4 else f'fd77:{link}::1'


def client(name='client', link=1, family=4, port=3478, **who):
    sock = udp(name, host(link, family))
    return turnclient.Client(sock, (server(link, family), port), **who)


def check(what, holds, detail=''):
    global failed
    print(('ok ' if holds else 'not ok ') + what, flush=True)
    if not holds:
        failed += 1
        if detail != '':
            print('    ' + str(detail), flush=True)


def one_of(what, got, want):
    check(what, got in want, f'got {got!r}, want one of {want!r}')


def equal(what, got, want):
    check(what, got == want, f'got {got!r}, want {want!r}')


def until(seconds, condition):
    """Wait for a state that nothing announces."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def turnpike(*args):
    """The command line that asks the running engine (ours only)."""
    return [os.environ['TURNPIKE'], *args, '--runtime-dir', os.environ['RUN_DIR']]


def show(*what, as_json=True):
    """What `turnpike show …` prints, as an object or as text."""
    out = subprocess.run(turnpike('show', *what, *['--json'] * as_json), check=True, capture_output=True, timeout=10)
    return json.loads(out.stdout) if as_json else out.stdout.decode()


def balanced():
    """Whether every packet is accounted for; true at rest."""
    return show('counters')['balance'] == 0


def done():
    sys.exit(1 if failed else 0)
