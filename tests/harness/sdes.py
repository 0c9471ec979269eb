# SPDX-License-Identifier: BSD-3-Clause
"""A phone's SRTP with keys in its description."""
import base64
import os

import pylibsrtp


class Sdes:
    """Its own key, and the far end's by its description."""

    def __init__(self, suite='AES_CM_128_HMAC_SHA1_80'):
        self.suite, self.key = suite, os.urandom(30)
        self.line = f'a=crypto:1 {suite} inline:{base64.b64encode(self.key).decode()}'

    def hear(self, sdp):
        profile = pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80 if self.suite.endswith('80') \
            else pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32
        theirs = next(x for x in sdp.splitlines() if x.startswith('a=crypto:') and self.suite in x)
        key = base64.b64decode(theirs.split('inline:')[1].split('|')[0] + '==')
        self.out = pylibsrtp.Session(pylibsrtp.Policy(key=self.key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
                                                      srtp_profile=profile))
        self.into = pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND,
                                                       srtp_profile=profile))
        self.tag = int(theirs.split(':')[1].split()[0])
