/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message.h - what the messages on data channels are, and how a receiver knows that they arrived whole.
 *
 * Everything about message `seq` of channel `number` follows from the two: kind, size, every byte. Those of
 * LOAD_MESSAGE_HEAD bytes and more begin with both numbers in hexadecimal; smaller ones are known by their turn only.
 */
#ifndef LOAD_MESSAGE_H
#define LOAD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_MESSAGE_HEAD    16
#define LOAD_MESSAGE_LARGEST 262144

struct load_message {
	bool binary;
	uint32_t len;
};

/* Empty, 1 byte … largest: most are small, as those of chats and games are; some are pieces of files. */
struct load_message load_message_of(uint32_t number, uint32_t seq, uint32_t largest);
/* Its m->len bytes. */
void load_message_put(uint8_t *bytes, const struct load_message *m, uint32_t number, uint32_t seq);
/* Whose, and which one? False: smaller than a head, or none of ours. */
bool load_message_get(const uint8_t *bytes, size_t len, uint32_t *ret_number, uint32_t *ret_seq);
/* Is this the message, whole? */
bool load_message_is(const uint8_t *bytes, size_t len, bool binary, uint32_t number, uint32_t seq, uint32_t largest);

#endif
