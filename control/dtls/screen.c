/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * screen.c - what may reach OpenSSL while a server's handshake is under way, record by record.
 *
 * A handshake's records are not authenticated: whoever can send from the client's address can say anything. A client
 * that completes one says just this, and all else is passed over without a word:
 *
 *   epoch 0   ClientHello (message 0); Certificate (1), ClientKeyExchange (2), CertificateVerify (3); ChangeCipherSpec
 *   epoch 1   Finished, once ChangeCipherSpec has been read
 *
 * Runs on:   the control loop.
 * Invariants
 *   C1  what is put together from fragments is bounded: the sizes of the table, 24 KiB in all. OpenSSL alone would set
 *       aside 16 KiB for each of ten messages that a fragment announces (security.md D1).
 *   C2  no record is kept for a later epoch: OpenSSL would keep a hundred, 17 KiB each. A Finished that overtook its
 *       ChangeCipherSpec comes again with its flight.
 *   C3  an alert of epoch 0 ends nothing: anybody could have sent it. A client that gave up falls silent.
 *   C4  before a hello was answered nothing of later messages is taken: it would lie there when the client's own comes.
 *   C5  records of epoch 0 are numbered anew: one with a high number would make the client's own look replayed.
 *
 * Specs:     RFC 6347 s4.1 (record), s4.2.2 (fragment), s4.1.2.7 (invalid records are discarded without a word).
 */
#include <string.h>

#include "control/dtls/internal.h"
#include "engine/base/bytes.h"

#define RECORD_HDR 13

static const struct {
	uint8_t type;
	uint32_t max; /* bytes of the message */
} flight[] = {
	{SSL3_MT_CLIENT_HELLO, 8192},
	{SSL3_MT_CERTIFICATE, 12288},
	{SSL3_MT_CLIENT_KEY_EXCHANGE, 1024},
	{SSL3_MT_CERTIFICATE_VERIFY, 2048},
};

static uint32_t get24(struct en_reader *r)
{
	uint32_t high = en_get8(r);

	return high << 16 | en_get16(r);
}

/* The next of the fragments that a record holds. */
static bool fragment_is_right(const struct cp_dtls *d, struct en_reader *r)
{
	uint8_t type = en_get8(r);
	uint32_t len = get24(r), message = en_get16(r), off = get24(r), fragment = get24(r);

	if (!r->ok || message >= sizeof(flight) / sizeof(flight[0]) || type != flight[message].type)
		return false;
	if (message > 0 && !d->answered) /* C4 */
		return false;
	if (len > flight[message].max || fragment == 0 || off + fragment > len)
		return false;
	en_take(r, fragment);
	return r->ok;
}

static bool is_handshake(const struct cp_dtls *d, struct en_reader r)
{
	if (en_left(&r) == 0)
		return false;
	while (en_left(&r) > 0)
		if (!fragment_is_right(d, &r))
			return false;
	return true;
}

static bool record_is_right(const struct cp_dtls *d, uint8_t type, uint32_t epoch, struct en_reader body)
{
	if (epoch == 1)
		return (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT) &&
		       SSL_get_state(d->ssl) == TLS_ST_SR_CHANGE;
	if (epoch != 0)
		return false;
	if (type == SSL3_RT_CHANGE_CIPHER_SPEC)
		return en_left(&body) == 1 && en_get8(&body) == SSL3_MT_CCS;
	return type == SSL3_RT_HANDSHAKE && is_handshake(d, body);
}

/* C5. Nothing of epoch 0 is authenticated, the number neither. */
static void renumber(struct cp_dtls *d, uint8_t *record)
{
	en_store16(record + 5, 0);
	en_store32(record + 7, d->records++);
}

uint32_t cp_dtls_screen(struct cp_dtls *d, const uint8_t **bytes, uint32_t *len, uint8_t record[SHM_PACKET_MAX])
{
	while (*len >= RECORD_HDR) {
		struct en_reader r = en_reader(*bytes, *len);
		const uint8_t *from = *bytes;
		uint8_t type = en_get8(&r);
		uint32_t epoch, n;

		en_get16(&r); /* version: OpenSSL's affair */
		epoch = en_get16(&r);
		en_take(&r, 6);
		n = RECORD_HDR + en_get16(&r);
		if (n > *len || n > SHM_PACKET_MAX)
			break;
		*bytes += n;
		*len -= n;
		if (!record_is_right(d, type, epoch, en_reader(from + RECORD_HDR, n - RECORD_HDR)))
			continue;
		memcpy(record, from, n);
		if (epoch == 0)
			renumber(d, record);
		return n;
	}
	return 0;
}
