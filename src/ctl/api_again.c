/* SPDX-License-Identifier: ISC */
/* Questions that wait for a service that is away for a moment. */
#include "config.h"

#include <unistd.h>

#include "api.h"

#define TRIES    5
#define WAIT_MAX 30 /* seconds, whatever the service asks for */

bool
api_is_away(const struct api_answer *answer)
{
	return answer->status == -1 || answer->status == 429 ||
	       answer->status == 409 || /* the same is under way */
	       (answer->status >= 502 && answer->status <= 504);
}

void
api_wait(const struct api *api, int tries)
{
	int64_t wait = http_retry_after(api->http);

	if (wait < 1)
		wait = 1 << tries;
	if (wait > WAIT_MAX)
		wait = WAIT_MAX;
	while (wait-- > 0 && (api->stop == NULL || *api->stop == 0))
		sleep(1);
}

bool
api_ask_patiently(struct api *api, const struct api_ask *ask,
    struct api_answer *answer)
{
	for (int i = 0;; i++) {
		if (api_ask(api, ask, answer))
			return true;
		if (!api_is_away(answer) || i + 1 == TRIES)
			return false;
		api_wait(api, i);
	}
}
