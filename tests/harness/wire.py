# SPDX-License-Identifier: BSD-3-Clause
"""What crosses a host's interfaces: UDP over IPv4, overheard."""
import socket
import struct
import threading

import lab
from ng import bdecode

ETH_P_ALL = 3
OUTGOING = 4  # linux/if_packet.h: PACKET_OUTGOING


class Wire:
    """Overhears host `name` from now until close(). What it sends to itself is seen once."""

    def __init__(self, name='server'):
        self.datagrams = []  # (source, destination, payload), an end being (address, port)
        with lab.namespace(name):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.sock.settimeout(0.2)
        self.open = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.open:
            try:
                packet, (interface, proto, kind, *_) = self.sock.recvfrom(65536)
            except socket.timeout:
                continue
            if proto == 0x0800 and (interface != 'lo' or kind == OUTGOING):
                self.take(packet)

    def take(self, ip):
        head = (ip[0] & 15) * 4
        if ip[9] != socket.IPPROTO_UDP or struct.unpack('!H', ip[6:8])[0] & 0x3fff:
            return
        source, destination, length = struct.unpack('!HHH', ip[head:head + 6])
        self.datagrams.append(((socket.inet_ntoa(ip[12:16]), source), (socket.inet_ntoa(ip[16:20]), destination),
                               bytes(ip[head + 8:head + length])))

    def ng(self, port=22222):
        """(command, answer) of the ng protocol, in their order; what was sent twice once."""
        asked, pairs = {}, {}
        for source, destination, payload in list(self.datagrams):
            if port not in (source[1], destination[1]):
                continue
            cookie, body = payload.split(b' ', 1)
            if destination[1] == port:
                asked[cookie] = bdecode(body)[0]
            elif cookie in asked:
                pairs[cookie] = (asked[cookie], bdecode(body)[0])
        return list(pairs.values())

    def rtp(self, ports, to):
        """RTP packets to or from UDP ports in a range."""
        return [payload for source, destination, payload in list(self.datagrams)
                if (destination if to else source)[1] in ports and len(payload) > 12 and payload[0] >> 6 == 2
                and not 192 <= payload[1] <= 223]

    def close(self):
        self.open = False
        self.thread.join()
        self.sock.close()
