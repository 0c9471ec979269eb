# SPDX-License-Identifier: BSD-3-Clause
"""T7: nonces and credentials, forged, stale, foreign, incomplete, expired, bid down."""
import base64
import hashlib
import hmac
import struct
import time

import lab
from turnclient import (ALLOCATE, BINDING, CREATE_PERMISSION, ERROR, MD5, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256,
                        NONCE, PASSWORD_ALGORITHM, PASSWORD_ALGORITHMS, REALM, REFRESH, SHA256, SOFTWARE, UDP, USERHASH,
                        USERNAME, XOR_MAPPED_ADDRESS, XOR_PEER_ADDRESS, xor_address)


def challenged(**who):
    """A client that has its 401 and nothing else."""
    client = lab.client(**who)
    reply = client.ask(client.message(ALLOCATE, [UDP], auth=False))
    client.learn(reply)
    return client, reply


def code(client, attrs, method=ALLOCATE, **how):
    return client.ask(client.message(method, attrs, auth=False, **how)).code


def first_answer():
    client, reply = challenged()
    lab.equal('no credentials: 401', (reply.cls, reply.code), (ERROR, 401))
    lab.check('401 carries REALM and NONCE', REALM in reply.attrs and NONCE in reply.attrs)
    lab.check('401 carries no integrity',
              not {MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256} & reply.attrs.keys())
    good = client.allocate()
    lab.equal('right credentials: an allocation', good.code, 0)
    lab.check('its answer is signed', good.integrity_holds(client.key))
    reply = client.ask(client.message(BINDING, [], auth=False))
    lab.equal('Binding needs none', (reply.code, reply.address(XOR_MAPPED_ADDRESS)),
              (0, client.sock.getsockname()[:2]))


def incomplete():
    for missing, name in ((USERNAME, 'USERNAME'), (REALM, 'REALM'), (NONCE, 'NONCE')):
        client, _ = challenged()
        attrs = [a for a in client.credentials() if a[0] != missing]
        lab.equal(f'integrity without {name}: 400', code(client, [UDP] + attrs, key=client.key), 400)


def wrong():
    client, _ = challenged()
    lab.equal('wrong password: 401', code(client, [UDP] + client.credentials(), key=b'x' * 16), 401)
    client, _ = challenged(user='nobody')
    lab.equal('unknown user: 401', code(client, [UDP] + client.credentials(), key=client.key), 401)
    client, _ = challenged()
    client.realm = b'elsewhere.example'
    lab.one_of('another realm: refused', code(client, [UDP] + client.credentials(), key=client.key),
               (401, 437, 441))


def nonces():
    client, _ = challenged()
    for what, nonce in (('forged', b'0123456789abcdef0123456789abcdef'), ('empty', b''),
                        ('altered', client.nonce[:-1] + bytes([client.nonce[-1] ^ 1]))):
        client, _ = challenged()
        client.nonce = nonce
        lab.one_of(f'{what} nonce: 438', code(client, [UDP] + client.credentials(), key=client.key),
                   (438,) if nonce else (438, 400))
    client, _ = challenged()
    other, _ = challenged(name='peer', link=2)
    client.nonce = other.nonce
    if lab.OURS:  # turnserver 4.6.1 keeps a nonce with the session, ours binds it to the address: both say 438
        lab.equal("another client's nonce: 438", code(client, [UDP] + client.credentials(), key=client.key), 438)
    reply = client.ask(client.message(ALLOCATE, [UDP]))
    lab.check('438 brings a nonce that works', client.call(ALLOCATE, [UDP]).code == 0 and NONCE in reply.attrs)


def stale():
    client, _ = challenged()
    lab.equal('fresh nonce', client.allocate().code, 0)
    old = client.nonce

    def refresh():
        return client.ask(client.message(REFRESH, [])).code
    lab.check('the nonce grows old: 438', lab.until(6, lambda: refresh() == 438))
    lab.equal('and the client goes on with the new one', client.refresh(600).code, 0)
    lab.check('which is another', client.nonce != old)


def other_user():
    client, _ = challenged()
    client.allocate()
    bob = lab.turnclient.Client(client.sock, client.server, user='bob', password='builder')
    lab.equal("another user's Refresh: 441", bob.refresh(600).code, 441)
    lab.equal("another user's CreatePermission: 441", bob.permit((lab.host(2), 0)).code, 441)
    lab.equal('the owner still has it', client.refresh(600).code, 0)


def rest(expiry, secret, subject='carol'):
    user = f'{expiry}:{subject}'
    password = base64.b64encode(hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()).decode()
    return {'user': user, 'password': password}


def rest_secrets():
    now = int(time.time())
    for secret in ('newest', 'older'):
        lab.equal(f'REST credentials under the {secret} secret', lab.client(**rest(now + 60, secret)).allocate().code, 0)
    lab.equal('expired REST credentials: 401', lab.client(**rest(now - 60, 'newest')).allocate().code, 401)
    lab.equal('REST credentials under an unknown secret: 401', lab.client(**rest(now + 60, 'guess')).allocate().code, 401)


def sha256():
    client = lab.client(algorithm=SHA256)
    reply = client.ask(client.message(ALLOCATE, [UDP], auth=False))
    client.learn(reply)
    lab.check('401 offers PASSWORD-ALGORITHMS', PASSWORD_ALGORITHMS in reply.attrs)
    good = client.allocate()
    lab.equal('SHA-256 credentials: an allocation', good.code, 0)
    lab.check('answered with SHA-256 integrity', MESSAGE_INTEGRITY_SHA256 in good.attrs
              and good.integrity_holds(client.key))
    client, _ = challenged(algorithm=SHA256)
    name = hashlib.sha256(b'alice:' + client.realm).digest()
    attrs = [(USERHASH, name)] + [a for a in client.credentials() if a[0] != USERNAME]
    lab.equal('USERHASH in place of USERNAME', code(client, [UDP] + attrs, key=client.key, sha256=True), 0)


def bid_down():
    client, _ = challenged()
    md5_only = struct.pack('!HH', MD5, 0)
    chosen = (PASSWORD_ALGORITHM, md5_only)
    for what, attrs in (('a shortened list', [chosen, (PASSWORD_ALGORITHMS, md5_only)]),
                        ('the list alone', [(PASSWORD_ALGORITHMS, client.algorithms)]),
                        ('the choice alone', [chosen]),
                        ('a choice outside the list',
                         [(PASSWORD_ALGORITHM, struct.pack('!HH', 77, 0)), (PASSWORD_ALGORITHMS, client.algorithms)])):
        client, _ = challenged()
        lab.equal(f'bid down by {what}: 400', code(client, [UDP] + client.credentials() + attrs, key=client.key), 400)


def appended():
    client, _ = challenged()
    client.allocate()
    denied = (XOR_PEER_ADDRESS, None)
    txid = bytes(range(12))
    tail = [(denied[0], xor_address(('127.0.0.1', 1), txid)), (0x7777, b'unknown, and required'), (SOFTWARE, b'x')]
    data = client.message(CREATE_PERMISSION, [(XOR_PEER_ADDRESS, (lab.host(2), 0))], txid=txid, tail=tail)
    lab.equal('attributes after the integrity have no effect', client.ask(data).code, 0)


first_answer()
incomplete()
wrong()
nonces()
other_user()
if lab.OURS:
    stale()
    rest_secrets()
    sha256()
    bid_down()
    appended()
lab.done()
