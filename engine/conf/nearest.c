/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nearest.c - edit distance (optimal string alignment), for "did you mean".
 */
#include <string.h>
#include <strings.h>

#include "engine/conf/nearest.h"

#define WORD_MAX 63

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

unsigned int conf_distance(const char *a, const char *b)
{
	/* the last three rows of the distance matrix, newest in row[i % 3] */
	unsigned int row[3][WORD_MAX + 1];
	size_t an = strnlen(a, WORD_MAX), bn = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= bn; j++)
		row[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= an; i++) {
		unsigned int *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= bn; j++) {
			now[j] = min3(up[j] + 1, now[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < now[j])
				now[j] = up2[j - 2] + 1;
		}
	}
	return row[an % 3][bn];
}

const char *conf_nearest(const char *word, const char *const *list, size_t n)
{
	size_t len = strnlen(word, WORD_MAX);
	unsigned int limit = len < 3 ? 1 : (unsigned int)(len + 2) / 3; /* a third of the word may be wrong */
	const char *best = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = strcasecmp(word, list[i]) == 0 ? 0 : conf_distance(word, list[i]);

		if (d <= limit) {
			best = list[i];
			if (d == 0)
				break;
			limit = d - 1;
		}
	}
	return best;
}
