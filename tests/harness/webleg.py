# SPDX-License-Identifier: BSD-3-Clause
"""The least of a browser that the gateway can have a call with: one check that nominates, DTLS, SRTP. No threads, no
loop, so that a test can have hundreds."""
import contextlib
import os
import re
import socket

import OpenSSL
import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate

import lab
from turnclient import BINDING, REQUEST, USERNAME, build

CERTIFICATE = RTCCertificate.generateCertificate()
PRIORITY, ICE_CONTROLLING, USE_CANDIDATE = 0x0024, 0x802A, 0x0025
KEY, SALT = 16, 14


class WebLeg:
    """Its sockets are in the namespace of `name`."""

    def __init__(self, address='198.18.0.1', name='server', codecs=('0 PCMU/8000',)):
        self.sock, self.address, self.codecs = lab.udp(name, address), address, codecs
        self.ufrag, self.pwd = os.urandom(4).hex(), os.urandom(12).hex()
        self.out = self.into = self.con = None

    def sdp(self, setup='actpass'):
        port = self.sock.getsockname()[1]
        pts = ' '.join(c.split()[0] for c in self.codecs)
        return '\r\n'.join([
            'v=0', f'o=- 1 1 IN IP4 {self.address}', 's=-', 't=0 0', f'm=audio {port} UDP/TLS/RTP/SAVPF {pts}',
            f'c=IN IP4 {self.address}', *(f'a=rtpmap:{c}' for c in self.codecs), 'a=rtcp-mux', 'a=mid:0',
            f'a=ice-ufrag:{self.ufrag}', f'a=ice-pwd:{self.pwd}',
            f'a=fingerprint:sha-256 {CERTIFICATE.getFingerprints()[0].value}', f'a=setup:{setup}',
            f'a=candidate:1 1 udp 2130706431 {self.address} {port} typ host', ''])

    def hear(self, sdp):
        def value(name):
            return re.search(rf'^a={name}:(.*?)\r?$', sdp, re.M)[1]
        self.far = value('ice-ufrag'), value('ice-pwd')
        host = value('candidate').split()
        self.to = (host[4], int(host[5]))
        return self

    def check(self):
        """A check that nominates; whether it was answered."""
        request = build(BINDING, REQUEST, os.urandom(12), [
            (USERNAME, f'{self.far[0]}:{self.ufrag}'.encode()), (PRIORITY, b'\x6e\0\1\xff'),
            (ICE_CONTROLLING, bytes(8)), (USE_CANDIDATE, b'')], key=self.far[1].encode(), fingerprint=True)
        self.sock.settimeout(0.5)
        for _ in range(10):  # the session may be told to the dataplane after the description is here
            self.sock.sendto(request, self.to)
            with contextlib.suppress(socket.timeout):
                if self.sock.recv(2048)[:2] == b'\1\1':
                    return True
        return False

    def connect(self):
        """ICE and DTLS; whether there are keys."""
        if not self.check():
            return False
        self.con = con = OpenSSL.SSL.Connection(CERTIFICATE._create_ssl_context(), None)
        con.set_connect_state()
        for _ in range(40):
            with contextlib.suppress(OpenSSL.SSL.WantReadError):
                con.do_handshake()
                self.keys(con.export_keying_material(b'EXTRACTOR-dtls_srtp', 2 * (KEY + SALT)))
                self.flush()
                return True
            self.flush()
            with contextlib.suppress(socket.timeout):
                con.bio_write(self.sock.recv(2048))
        return False

    def flush(self):
        """A datagram for each record: what OpenSSL wrote comes out in one piece."""
        with contextlib.suppress(OpenSSL.SSL.WantReadError):
            data = self.con.bio_read(16384)
            while data:
                size = 13 + int.from_bytes(data[11:13], 'big')
                self.sock.sendto(data[:size], self.to)
                data = data[size:]

    def keys(self, material):
        def part(i):
            return material[i * KEY:][:KEY] + material[2 * KEY + i * SALT:][:SALT]
        self.out = pylibsrtp.Session(pylibsrtp.Policy(part(0), pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
        self.into = pylibsrtp.Session(pylibsrtp.Policy(part(1), pylibsrtp.Policy.SSRC_ANY_INBOUND))

    def says(self, rtp):
        self.sock.sendto(self.out.protect(rtp), self.to)

    def hears(self):
        """The next packet, decrypted; None: none is here."""
        self.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self.sock.recv(2048)
                if 128 <= data[0] < 192:
                    return self.into.unprotect(data)
        return None

    def close(self):
        """Says so, as a page does that is left."""
        if self.con:
            with contextlib.suppress(OpenSSL.SSL.Error):
                self.con.shutdown()
            self.flush()
        self.sock.close()
