# SPDX-License-Identifier: BSD-3-Clause
"""A call that has nothing to do with what a test does, in a process of its own: what it loses, and how late it is."""
import contextlib
import multiprocessing
import os
import select
import struct
import time

from ng import Phone, rtp

STEP = 0.02


class Neighbour:
    """Two plain phones, 50 packets a second each way, from start() to stop()."""

    def __init__(self, proxy, address='198.18.0.1', port=48000):
        self.a, self.b = Phone(address, port), Phone(address, port + 2)
        who = {'call_id': 'neighbour', 'from_tag': 'A'}
        self.b.hear(proxy.ok('offer', sdp=self.a.sdp(), **who))
        self.a.hear(proxy.ok('answer', sdp=self.b.sdp(), to_tag='B', **who))
        self.here, self.there = multiprocessing.Pipe()
        self.process = None

    def start(self):
        """Returns when both hear each other."""
        self.process = multiprocessing.get_context('fork').Process(target=self.run, daemon=True)
        self.process.start()
        return self.here.poll(20) and self.here.recv() == 'heard'

    def stop(self):
        """{'sent', 'lost', 'p50_ms', 'p99_ms', 'worst_ms'}: delays from one phone to the other."""
        self.here.send('stop')
        got = self.here.recv() if self.here.poll(20) else None
        self.process.join(5)
        return got

    # --- in its process

    def run(self):
        with contextlib.suppress(PermissionError):  # what is measured is the engine, not when this one gets to run
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        heard = []
        while not heard:
            self.say(0)
            self.wait(STEP, heard)
        self.wait(0.5, heard)
        self.there.send('heard')
        self.there.send(self.talk())

    def say(self, seq):
        now = struct.pack('!Q', time.monotonic_ns())
        self.a.says(rtp(seq % 65536, now, ssrc=1))
        self.b.says(rtp(seq % 65536, now, ssrc=2))

    def wait(self, seconds, delays):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for sock in select.select([self.a.sock, self.b.sock], [], [], left)[0]:
                delays.append((time.monotonic_ns() - struct.unpack('!Q', sock.recv(2048)[12:20])[0]) / 1e6)

    def talk(self):
        delays, seq, due = [], 0, time.monotonic()
        while not self.there.poll():
            seq += 1
            self.say(seq)
            due += STEP
            self.wait(max(0, due - time.monotonic()), delays)
        self.there.recv()
        self.wait(1, delays)
        delays.sort()
        if not delays:
            return {'sent': 2 * seq, 'lost': 2 * seq, 'p99_ms': None}
        return {'sent': 2 * seq, 'lost': 2 * seq - len(delays), 'p50_ms': round(delays[len(delays) // 2], 2),
                'p99_ms': round(delays[len(delays) * 99 // 100], 2), 'worst_ms': round(delays[-1], 2)}
