# SPDX-License-Identifier: BSD-3-Clause
"""Descriptions that our gateway and rtpengine made for the same calls, field by field: the same, or the difference is in
EXPLAINED. Arguments: the word that Kamailio was given, and what kamailio.py wrote with the one and with the other."""
import json
import re
import sys

import lab

# (field, said by rtpengine, said by us, where, why). Where: a part of the name of a description, '' for all. None: not
# said. docs/gateway.md, "Differences from rtpengine", says them to operators.
EXPLAINED = (
    ('ice-lite', None, '', 'to the browser', 'we answer checks and make none (RFC 8445 s2.5); rtpengine is a full agent'),
    ('ice-options', 'trickle', None, 'answer to the browser', 'all of our candidates are in the description'),
    ('candidates', ['1 udp host', '2 udp host'], ['1 udp host'], 'offer to the browser',
     'who is offered ICE muxes RTCP: every browser does (RFC 8834 s4.5)'),
    ('end-of-candidates', None, '', 'offer to the browser', 'true, and spares the browser the wait (RFC 8838 s14)'),
    ('setup', 'active', 'passive', 'answer to the browser', 'we are the DTLS server, so the cipher is our choice'),
    ('rtcp', 'its own port', "RTP's port, with address", 'offer to the browser',
     'RTCP comes to RTP\'s port; a browser writes the address too'),
    ('rtcp', "RTP's port", "RTP's port, with address", 'answer to the browser', 'as above'),
    ('keys in SDP', 12, 0, 'offer to the browser', 'DTLS is what browsers speak, and they must not speak the other '
     '(RFC 8827 s6.5); SDES-off says the same to rtpengine'),
    ('mid', None, '0', 'offer to the browser', 'who speaks ICE knows a=mid; generate-mid says the same to rtpengine'),
    ('mid', '1', '0', 'offer to the browser', 'the first section has the number that a browser would give it'),
    ('fmtp', ['telephone-event/48000 0-15'], ['opus/48000/2 useinbandfec=1', 'telephone-event/48000 0-15'],
     'offer to the browser', 'losses from the browser to us are concealed out of the next packet'),
    ('ptime', '20', None, 'answer to the phone', 'as who answered has it; 20 ms is what PCMU has anyway (RFC 3551 s4.2)'),
    ('rtcp-rsize', '', None, 'to the phone', 'means feedback of AVPF (RFC 5506 s5), and this is AVP'),
    ('rtcp-fb', ['opus/48000/2 transport-cc'], [], 'to the phone', 'likewise (RFC 4585 s4.2)'),
    ('rtcp-fb', ['opus/48000/2 transport-cc'], [], 'answer to the browser', 'nobody counts packets for it in a transcoded '
     'stream, nor in any whose packets have no number for it: neither answer has that extension'),
    ('ssrc', '', None, 'to the browser', 'what we transcode has an SSRC of ours; Chromium plays nothing of a section '
     'whose packets have another than it says'),
    ('ssrc', '', None, 'to the phone', 'likewise'),
)

OWN = ('rtcp', 'rtcp-mux', 'candidate', 'crypto', 'fmtp', 'rtpmap', 'rtcp-fb', 'extmap', 'sendrecv', 'sendonly', 'recvonly',
       'inactive')
HIDDEN = ('fingerprint', 'ice-ufrag', 'ice-pwd', 'msid', 'msid-semantic')  # there or not; the text differs each time


def rtcp_field(values, port):
    if not values:
        return None
    words = values[0].split()
    place = {port: "RTP's port", port + 1: 'its own port'}.get(int(words[0]), 'elsewhere')
    return place + (', with address' if len(words) > 1 else '')


def codec_fields(section, attributes):
    names = dict(v.split(None, 1) for v in attributes.get('rtpmap', []))
    named = lambda value: ' '.join([names.get(value.split(None, 1)[0], value.split(None, 1)[0]), *value.split(None, 1)[1:]])
    return {'codecs': [f'{pt} {names.get(pt)}' for pt in section.split()[3:]],
            'fmtp': sorted(named(v) for v in attributes.get('fmtp', [])),
            'rtcp-fb': sorted(named(v) for v in attributes.get('rtcp-fb', []))}


def fields(sdp):
    """What is compared: of an audio call with one section."""
    lines = [line for line in sdp.split('\r\n') if line]
    section = next(line for line in lines if line.startswith('m='))
    at, attributes = lines.index(section), {}
    for line in lines:
        if line.startswith('a='):
            name, _, value = line[2:].partition(':')
            attributes.setdefault(name, []).append(value)
    port = int(section.split()[1])
    got = {'order of lines': ''.join(line[0] for line in lines if line[0] != 'a'),
           'origin': re.sub(r'o=(\S+) \S+ \S+ ', r'\1 ', lines[1]),
           'c=': [(line, i > at) for i, line in enumerate(lines) if line[0] == 'c'],
           'media': section.split()[0], 'protocol': section.split()[2],
           'rtcp': rtcp_field(attributes.get('rtcp'), port), 'rtcp-mux': 'rtcp-mux' in attributes,
           'direction': [d for d in ('sendrecv', 'sendonly', 'recvonly', 'inactive') if d in attributes],
           'keys in SDP': len(attributes.get('crypto', [])),
           'extmap': sorted(attributes.get('extmap', [])),
           'candidates': [' '.join([c.split()[1], c.split()[2].lower(), c.split()[7]])
                          for c in attributes.get('candidate', [])],
           **codec_fields(section, attributes)}
    for name, values in attributes.items():
        if name == 'fingerprint':
            got[name] = values[0].split()[0]
        elif name == 'ssrc':
            got[name] = ''
        elif name not in OWN:
            got[name] = '' if name in HIDDEN else values[0]
    return got


def descriptions(path):
    """{name of a description: its fields}, of the calls of kamailio.py in their order."""
    with open(path) as f:
        said = [(asked['command'], got['sdp']) for asked, got in json.load(f) if 'sdp' in asked]
    names = ('browser calls: offer to the phone', 'browser calls: answer to the browser',
             'phone calls: offer to the browser', 'phone calls: answer to the phone')
    lab.equal(f'{path.rsplit("/", 1)[1]}: two calls', [command for command, _ in said], ['offer', 'answer'] * 2)
    return {name: fields(sdp) for name, (_, sdp) in zip(names, said)}


def explained(field, theirs, ours, name):
    return [e for e in EXPLAINED if e[:3] == (field, theirs, ours) and e[3] in name]


def compare(word, ours, theirs):
    """The explanations that were needed."""
    needed = []
    for name in ours:
        both = sorted(ours[name].keys() | theirs[name].keys())
        differ = [(f, theirs[name].get(f), ours[name].get(f)) for f in both if theirs[name].get(f) != ours[name].get(f)]
        unknown = [d for d in differ if not explained(*d, name)]
        needed += [e for d in differ for e in explained(*d, name)]
        lab.check(f'{word}, {name}: {len(both) - len(differ)} fields are equal, {len(differ)} explained', not unknown,
                  '\n    '.join(f'{f}: rtpengine {t!r}, we {o!r}' for f, t, o in unknown))
    return needed


def main():
    needed = []
    for word, ours, theirs in zip(*[iter(sys.argv[1:])] * 3):
        needed += compare(word, descriptions(ours), descriptions(theirs))
    for e in EXPLAINED:
        print(f'    {e[0]}, {e[3]}: {e[1]!r} is {e[2]!r} with us: {e[4]}')
    unused = [e[:4] for e in EXPLAINED if e not in needed]
    lab.check('every explanation is of a difference that is there', not unused, unused)


main()
lab.done()
