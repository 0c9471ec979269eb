# SPDX-License-Identifier: BSD-3-Clause
"""Faults of aiortc 1.4 that show when messages are given up, mended: without that it is aiortc that loses reliable ones.

  - Its timer sends again what gap blocks had acknowledged, and counts it in flight for ever: it stops sending.
  - It says once what it has given up (FORWARD-TSN, RFC 3758 s3.5), and forgets: when that is lost, an ordered stream
    waits for ever.
  - Of two ordered messages that can be delivered at once it delivers one, when others' packets lie between them; the
    second waits for a third, and is thrown away by a FORWARD-TSN.
  - A FORWARD-TSN that says again what is known turns an ordered stream back.
"""
from aiortc import rtcsctptransport as sctp

SCTP = sctp.RTCSctpTransport
of_timer, of_update, of_forward = (SCTP._t3_expired, SCTP._update_advanced_peer_ack_point,
                                   SCTP._receive_forward_tsn_chunk)
of_pop = sctp.InboundStream.pop_messages


def timer(self):
    of_timer(self)
    for chunk in self._sent_queue:
        if chunk._acked:
            chunk._retransmit = False


def update(self):
    """Until the far end's cumulative TSN is there, everything is said with each word of its, and with the timer."""
    of_update(self)
    given_up = self.__dict__.setdefault('given_up', {})
    new = self._forward_tsn_chunk
    if new:
        given_up.update({stream: (seq, new.cumulative_tsn) for stream, seq in new.streams})
    for stream, (_, tsn) in list(given_up.items()):
        if sctp.uint32_gte(self._last_sacked_tsn, tsn):
            del given_up[stream]
    if sctp.uint32_gt(self._advanced_peer_ack_tsn, self._last_sacked_tsn):
        self._forward_tsn_chunk = again = sctp.ForwardTsnChunk()
        again.cumulative_tsn = self._advanced_peer_ack_tsn
        again.streams = [(stream, seq) for stream, (seq, _) in given_up.items()]


async def forward(self, chunk):
    chunk.streams = [(stream, seq) for stream, seq in chunk.streams
                     if not sctp.uint16_gt(self._get_inbound_stream(stream).sequence_number, seq)]
    await of_forward(self, chunk)


def pop(self):
    more = True
    while more:
        more = False
        for message in of_pop(self):
            more = True
            yield message


sctp.InboundStream.pop_messages = pop
SCTP._t3_expired, SCTP._update_advanced_peer_ack_point, SCTP._receive_forward_tsn_chunk = timer, update, forward
