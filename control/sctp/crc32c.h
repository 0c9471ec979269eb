/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crc32c.h - the checksum of SCTP (RFC 9260 s6.8, appendix A), with the processor's instruction.
 */
#ifndef CP_SCTP_CRC32C_H
#define CP_SCTP_CRC32C_H

#include <stdbool.h>
#include <stdint.h>

/* Of a packet whose checksum field counts as zero; len >= 12. */
uint32_t cp_sctp_crc32c(const uint8_t *packet, uint32_t len);
void cp_sctp_crc32c_write(uint8_t *packet, uint32_t len);
bool cp_sctp_crc32c_is_right(const uint8_t *packet, uint32_t len);

#endif
