/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng.h - write a capture file (draft-ietf-opsawg-pcapng).
 *
 * Big-endian throughout: the format lets the writer choose and readers go by
 * the byte-order magic, and en_writer speaks network order.
 */
#ifndef CMD_PCAPNG_H
#define CMD_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

#define PCAPNG_SECTION   0x0a0d0d0au /* s4.1 */
#define PCAPNG_INTERFACE 1u /* s4.2 */
#define PCAPNG_PACKET    6u /* s4.3, enhanced packet */
#define PCAPNG_MAGIC     0x1a2b3c4du
#define PCAPNG_ETHERNET  1u /* LINKTYPE_ETHERNET */

enum pcapng_direction { /* s4.3.1, epb_flags bits 0-1 */
	PCAPNG_UNKNOWN = 0,
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2,
};

struct pcapng_packet {
	uint32_t interface; /* index, in the order of pcapng_interface() calls */
	uint64_t wall_ns;
	uint32_t len; /* on the wire */
	uint32_t caplen; /* of data, at most PCAPNG_SNAPLEN_MAX */
	const void *data;
	enum pcapng_direction direction;
	const char *comment; /* NULL or text; cut at 255 bytes */
};

#define PCAPNG_SNAPLEN_MAX 65535u

/* Each writes one block; 0, or -1 with errno when the stream fails. */
int pcapng_section(FILE *out, const char *application);
int pcapng_interface(FILE *out, const char *name, uint32_t snaplen);
int pcapng_packet(FILE *out, const struct pcapng_packet *p);

#endif
