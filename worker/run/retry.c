/* SPDX-License-Identifier: ISC */
/* When a job that did not succeed is tried again. */
#include "config.h"

#include "run_own.h"

int64_t
retry_delay(const struct kind *kind, int64_t attempts, uint32_t random)
{
	int64_t delay = kind->backoff;

	if (attempts < 1)
		attempts = 1;
	if (attempts > kind->max_retries)
		return -1;
	while (--attempts > 0 && delay < kind->backoff_max) {
		if (__builtin_mul_overflow(delay, 2, &delay))
			delay = kind->backoff_max;
	}
	if (delay > kind->backoff_max)
		delay = kind->backoff_max;
	return delay - random % (uint64_t)(delay / 2 + 1);
}
