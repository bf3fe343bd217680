/* SPDX-License-Identifier: ISC */
/* errandctl cache: drops what is cached. */
#include "config.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "cache/cache.h"
#include "cmd.h"
#include "conf/conf.h"
#include "redis/kv.h"
#include "setup/setup.h"

#define FLUSH_TIME (60 * CLOCK_SECOND)

static int
cache_cmd_flush(void)
{
	struct kv *kv = kv_new_redis();
	struct cache *cache = cache_new(kv, "");
	int64_t until = clock_mono_us() + FLUSH_TIME, dropped;
	bool whole;
	int rc = -1;

	if (kv_up(kv))
		rc = cache_flush(cache, until, &dropped, &whole);
	cache_free(cache);
	kv_free(kv);
	if (rc == -1) {
		fprintf(stderr, "errandctl cache: Redis could not be reached, "
				"or did not do it; see [redis]\n");
		return CMD_FAILED;
	}
	printf("%" PRId64 " entries dropped\n", dropped);
	if (!whole)
		puts("this has taken a minute: what is left is void, and "
		     "expires");
	return CMD_OK;
}

static int
cache_cmd_run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	int rc;

	if (getopt_long(argc, argv, "", longs, NULL) != -1)
		return cmd_misused(&cmd_cache, NULL);
	if (cmd_action(&cmd_cache, argv[optind]) == -1)
		return CMD_USAGE;
	if (argc - optind != 1)
		return cmd_misused(&cmd_cache, "flush takes no \"%s\"",
		    argv[optind + 1]);
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	rc = cache_cmd_flush();
	conf_free();
	return rc;
}

const struct cmd cmd_cache = {
	.name = "cache",
	.summary = "Drops every cached task and list",
	.usage = "flush",
	.options = "  flush  invalidates all entries; nothing is lost by it\n",
	.actions = (const char *const[]){ "flush", NULL },
	.run = cache_cmd_run,
};
