#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print tests/vectors/mi_sha256.h: messages with MESSAGE-INTEGRITY-SHA256.

No published vector for RFC 8489 s14.6 is right as it stands (B.1 needs erratum
6268), so these are computed by Python's hmac, hashlib and zlib, which share no
code with the engine. To renew:

    tests/vectors/mi_sha256.py > tests/vectors/mi_sha256.h
"""
import hashlib
import hmac
import struct
import zlib

TID = bytes(range(0xA0, 0xAC))
USER, REALM, PASSWORD = b"alice", b"example.org", b"wonderland"
KEY = hashlib.sha256(USER + b":" + REALM + b":" + PASSWORD).digest()
SHORT_KEY = b"VOkJxbRl1RmTxUk/WvJxBt"
LONG_KEY = bytes(range(100))  # longer than a block: HMAC hashes it first


def attr(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def head(kind, length):
    return struct.pack(">HHI", kind, length, 0x2112A442) + TID


def signed(kind, body, key, tag_len):
    length = len(body) + 4 + tag_len
    tag = hmac.new(key, head(kind, length) + body, hashlib.sha256).digest()[:tag_len]
    return head(kind, length) + body + attr(0x001C, tag)


def closed(message):
    """Add FINGERPRINT."""
    kind = struct.unpack(">H", message[:2])[0]
    body = message[20:]
    covered = head(kind, len(body) + 8) + body
    return covered + attr(0x8028, struct.pack(">I", zlib.crc32(covered) ^ 0x5354554E))


def show(name, data):
    print(f"static const uint8_t {name}[] = {{")
    for i in range(0, len(data), 16):
        print("\t" + " ".join(f"0x{b:02x}," for b in data[i : i + 16]))
    print("};\n")


ALLOCATE = (
    attr(0x0019, b"\x11\0\0\0")
    + attr(0x001E, hashlib.sha256(USER + b":" + REALM).digest())
    + attr(0x0014, REALM)
    + attr(0x0015, b"obMatJos2gAAAnonce")
    + attr(0x001D, b"\0\2\0\0")
)

print("/* SPDX-License-Identifier: BSD-3-Clause */")
print("/* mi_sha256.h - written by tests/vectors/mi_sha256.py: do not edit. */")
print("#ifndef VECTORS_MI_SHA256_H\n#define VECTORS_MI_SHA256_H\n\n#include <stdint.h>\n\n/* clang-format off */")
show("mi256_key", KEY)
show("mi256_short_key", SHORT_KEY)
show("mi256_long_key", LONG_KEY)
print("/* Allocate request of alice:wonderland, whole tag, FINGERPRINT */")
show("mi256_allocate", closed(signed(0x0003, ALLOCATE, KEY, 32)))
print("/* Binding request without attributes under the short-term password */")
show("mi256_bare", signed(0x0001, b"", SHORT_KEY, 32))
print("/* ... with a key longer than HMAC's block */")
show("mi256_long", signed(0x0001, attr(0x0006, b"u"), LONG_KEY, 32))
for size in (16, 20, 24, 28):
    print(f"/* the tag cut to {size} bytes */")
    show(f"mi256_cut{size}", signed(0x0001, attr(0x0006, USER), KEY, size))
print("/* clang-format on */\n\n#endif")
