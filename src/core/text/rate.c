/* SPDX-License-Identifier: ISC */
/* How often something may happen, in the words of Celery's rate_limit. */
#include "config.h"

#include "rate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define MOST 1000000

int
rate_parse(const char *text, int64_t *us)
{
	static const struct {
		const char *word;
		int64_t us;
	} spans[] = {
		{ "", CLOCK_SECOND },
		{ "/s", CLOCK_SECOND },
		{ "/m", 60 * CLOCK_SECOND },
		{ "/h", 3600 * CLOCK_SECOND },
	};
	size_t len = strcspn(text, "/");
	char number[16];
	int64_t n;

	if (len >= sizeof(number))
		return -1;
	snprintf(number, sizeof(number), "%.*s", (int)len, text);
	if (str_to_int(number, 1, MOST, &n) == -1)
		return -1;
	for (size_t i = 0; i < NELEM(spans); i++) {
		if (!str_eq(spans[i].word, text + len))
			continue;
		*us = (spans[i].us + n - 1) / n;
		return 0;
	}
	return -1;
}
