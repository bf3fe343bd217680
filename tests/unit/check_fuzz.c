/* SPDX-License-Identifier: ISC */
/* Whatever reads text from outside meets damaged text, the same each time. */
#include "config.h"

#include "lib/harness.h"

#include "lib/decoders.h"

#define ROUNDS 3000

START_TEST(damaged_text_does_no_harm)
{
	const struct decoder *d = &decoders[_i];
	uint32_t state = 2463534242u + (uint32_t)_i * 77777;
	char text[DECODERS_TEXT];

	decoder_run(d, d->text, strlen(d->text));
	for (int round = 1; round < ROUNDS; round++) {
		size_t len = strlen(d->text);

		memcpy(text, d->text, len);
		len = decoder_mutate(text, len, &state);
		decoder_run(d, text, len);
	}
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ damaged_text_does_no_harm, decoders_n, 0 },
	};

	return harness_run("fuzz", tests, NELEM(tests));
}
