/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nearest.h - the right word for a mistyped one.
 */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) between two words;
 * words beyond 63 characters are compared by their beginning. */
unsigned int conf_distance(const char *a, const char *b);

/* The word of the list with the fewest edits from `word`, NULL when none is
 * near enough to be meant. The first of equals wins. */
const char *conf_nearest(const char *word, const char *const *list, size_t n);

#endif
