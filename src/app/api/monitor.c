/* SPDX-License-Identifier: ISC */
/* Who may see how the service itself is doing. */
#include "config.h"

#include "monitor.h"

#include "conf/conf.h"
#include "text/net.h"

bool
monitor_allowed(const char *address)
{
	struct net_range one, range;

	if (net_range_parse(address, &one) == -1)
		return false;
	for (size_t i = 0; i < settings.metrics_allow.n; i++) {
		if (net_range_parse(settings.metrics_allow.v[i], &range) == 0 &&
		    net_range_has(&range, &one))
			return true;
	}
	return false;
}
