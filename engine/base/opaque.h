/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opaque.h - the OpaqueString profile of RFC 8265 s4.2: user names, realms and
 * passwords as STUN hashes them (RFC 8489 s9.2.2, s14.3, s14.4).
 */
#ifndef EN_OPAQUE_H
#define EN_OPAQUE_H

#include <stddef.h>

#define EN_OPAQUE_MAX 768 /* longest input in bytes: RFC 8489's longest text attribute (763), rounded up */

/*
 * Prepare and enforce: UTF-8 in, its one comparable form out, closed by a NUL;
 * cap counts the NUL. Case is kept; spaces beyond ASCII become U+0020; NFC.
 *
 * 0; -EINVAL: not UTF-8, empty, longer than EN_OPAQUE_MAX, or with a code
 * point that the profile refuses (controls, unassigned, ignorable, out of its
 * context); -ENOSPC: cap is too small. out is untouched on failure. Printable
 * ASCII is copied as it is and costs one pass.
 */
int en_opaque(const char *in, char *out, size_t cap);

#endif
