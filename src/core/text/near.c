/* SPDX-License-Identifier: ISC */
/* Finds the nearest name by counting typing mistakes. */
#include "config.h"

#include "near.h"

#include <string.h>

#define LONGEST 48

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters in either case, and the two ways to join words, are one. */
static char
plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' ? '_' : c;
}

/* Letters to add, drop, change, or swap with their neighbour: the optimal
 * string alignment distance.  prev and last are the two rows above. */
static size_t
distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t rows[3][LONGEST + 1];
	size_t *last = rows[0], *prev = rows[1], *row = rows[2], *free_row;
	size_t i, j;

	for (j = 0; j <= blen; j++)
		prev[j] = last[j] = j;
	for (i = 1; i <= alen; i++) {
		row[0] = i;
		for (j = 1; j <= blen; j++) {
			char x = plain(a[i - 1]), y = plain(b[j - 1]);

			row[j] = least(least(prev[j], row[j - 1]) + 1,
			    prev[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == plain(b[j - 2]) &&
			    y == plain(a[i - 2]))
				row[j] = least(row[j], last[j - 2] + 1);
		}
		free_row = last;
		last = prev;
		prev = row;
		row = free_row;
	}
	return prev[blen];
}

void
near_init(struct near *n, const char *word)
{
	*n = (struct near){ .word = word, .distance = SIZE_MAX };
}

void
near_offer(struct near *n, const char *name)
{
	size_t wlen = strlen(n->word), nlen = strlen(name), d;

	if (wlen == 0 || wlen > LONGEST || nlen > LONGEST)
		return;
	d = distance(n->word, wlen, name, nlen);
	if (d <= least(wlen, nlen) / 3 + 1 && d < n->distance &&
	    d < least(wlen, nlen)) {
		n->best = name;
		n->distance = d;
	}
}

const char *
near_best(const struct near *n)
{
	return n->best;
}
