/* SPDX-License-Identifier: BSD-3-Clause */
/* cause.h - what an ABORT says for its reason (RFC 9260 s3.3.7, s3.3.10). */
#ifndef CP_SCTP_CAUSE_H
#define CP_SCTP_CAUSE_H

#include <stdint.h>

#define CP_SCTP_CAUSE_MAX 96

/* Of a packet: the number of the ABORT's first cause and the printable part of its text, "" without an ABORT. A far
 * end's text is not to be trusted with more than being shown. */
void cp_sctp_cause(const uint8_t *packet, uint32_t len, char ret_text[CP_SCTP_CAUSE_MAX]);

#endif
