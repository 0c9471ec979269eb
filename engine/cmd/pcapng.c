/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng.c - write capture blocks.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |                          Block Type                           |
 *   +---------------------------------------------------------------+
 *   |                      Block Total Length                       |
 *   +---------------------------------------------------------------+
 *   |            Block Body, padded to 32 bits, with options        |
 *   +---------------------------------------------------------------+
 *   |                      Block Total Length                       |
 *   +---------------------------------------------------------------+
 *
 * Specs:     draft-ietf-opsawg-pcapng s3.1 (blocks), s3.5 (options).
 */
#include <errno.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/cmd/pcapng.h"

#define OPT_END        0u
#define OPT_COMMENT    1u
#define OPT_SHB_USER   4u /* shb_userappl */
#define OPT_IF_NAME    2u
#define OPT_IF_TSRESOL 9u
#define OPT_EPB_FLAGS  2u

#define NANOSECONDS 9 /* if_tsresol: 10^-9 */
#define TEXT_MAX    255
#define BLOCK_MAX   (PCAPNG_SNAPLEN_MAX + 3 + 1024) /* data, padding, headers and options */

static void pad4(struct en_writer *w)
{
	en_put_zero(w, (4 - (en_written(w) & 3)) & 3);
}

static void put_option(struct en_writer *w, uint16_t code, const void *value, size_t len)
{
	en_put16(w, code);
	en_put16(w, (uint16_t)len);
	en_put(w, value, len);
	pad4(w);
}

static void put_text(struct en_writer *w, uint16_t code, const char *text)
{
	put_option(w, code, text, strnlen(text, TEXT_MAX));
}

static void begin(struct en_writer *w, uint32_t type)
{
	en_put32(w, type);
	en_put32(w, 0); /* total length, set by finish() */
}

static int finish(struct en_writer *w, FILE *out)
{
	put_option(w, OPT_END, NULL, 0);
	en_put32(w, (uint32_t)(en_written(w) + 4));
	if (!w->ok) {
		errno = EMSGSIZE;
		return -1;
	}
	en_store32(w->start + 4, (uint32_t)en_written(w));
	return fwrite(w->start, en_written(w), 1, out) == 1 ? 0 : -1;
}

int pcapng_section(FILE *out, const char *application)
{
	uint8_t block[TEXT_MAX + 64];
	struct en_writer w = en_writer(block, sizeof(block));

	begin(&w, PCAPNG_SECTION);
	en_put32(&w, PCAPNG_MAGIC);
	en_put16(&w, 1); /* version 1.0 */
	en_put16(&w, 0);
	en_put64(&w, UINT64_MAX); /* section length: not said */
	put_text(&w, OPT_SHB_USER, application);
	return finish(&w, out);
}

int pcapng_interface(FILE *out, const char *name, uint32_t snaplen)
{
	static const uint8_t resolution = NANOSECONDS;
	uint8_t block[TEXT_MAX + 64];
	struct en_writer w = en_writer(block, sizeof(block));

	begin(&w, PCAPNG_INTERFACE);
	en_put16(&w, PCAPNG_ETHERNET);
	en_put16(&w, 0);
	en_put32(&w, snaplen);
	put_text(&w, OPT_IF_NAME, name);
	put_option(&w, OPT_IF_TSRESOL, &resolution, sizeof(resolution));
	return finish(&w, out);
}

int pcapng_packet(FILE *out, const struct pcapng_packet *p)
{
	uint8_t block[BLOCK_MAX], flags[4];
	struct en_writer w = en_writer(block, sizeof(block));

	begin(&w, PCAPNG_PACKET);
	en_put32(&w, p->interface);
	en_put64(&w, p->wall_ns);
	en_put32(&w, p->caplen);
	en_put32(&w, p->len);
	en_put(&w, p->data, p->caplen);
	pad4(&w);
	if (p->comment)
		put_text(&w, OPT_COMMENT, p->comment);
	en_store32(flags, p->direction);
	put_option(&w, OPT_EPB_FLAGS, flags, sizeof(flags));
	return finish(&w, out);
}
