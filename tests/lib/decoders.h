/* SPDX-License-Identifier: ISC */
/* All that reads text from outside, each with texts that it takes. */
#ifndef DECODERS_H
#define DECODERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define DECODERS_TEXT 4096

struct decoder {
	const char *name; /* several rows may have one */
	/* Gets len bytes and a zero behind them, in an allocation of that
	 * size.  What must hold for any text is asserted. */
	void (*read)(struct arena *a, const char *text, size_t len);
	const char *text; /* a good one, shorter than DECODERS_TEXT / 2 */
};

extern const struct decoder decoders[];
extern const size_t decoders_n;

/* Gives the decoder a copy of the text, up to DECODERS_TEXT bytes. */
void decoder_run(const struct decoder *d, const void *text, size_t len);

/* Changes, doubles, inserts or cuts out some bytes of a text that has room for
 * DECODERS_TEXT.  The numbers that decide come from *state, which is not 0.
 * Returns the new length. */
size_t decoder_mutate(char *text, size_t len, uint32_t *state);

#endif
