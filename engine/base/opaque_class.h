/* SPDX-License-Identifier: BSD-3-Clause */
/* opaque_class.h - the PRECIS FreeformClass (RFC 8264 s4.3), for opaque.c. */
#ifndef EN_OPAQUE_CLASS_H
#define EN_OPAQUE_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is every code point allowed where it stands? */
bool en_opaque_class_ok(const uint32_t *points, size_t n);

#endif
