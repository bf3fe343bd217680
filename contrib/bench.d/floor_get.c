/* SPDX-License-Identifier: ISC */
/* The least that a cached read can cost: one GET from Redis, passed on.
 * Arguments: the socket of Redis, the key. */
#include <hiredis/hiredis.h>

#include <string.h>

#include "floor.h"

static redisContext *redis;
static const char *key;

static int
fill(char *body, size_t size)
{
	redisReply *reply = redisCommand(redis, "GET %s", key);
	int len = -1;

	if (reply != NULL && reply->type == REDIS_REPLY_STRING &&
	    (size_t)reply->len < size) {
		len = (int)reply->len;
		memcpy(body, reply->str, (size_t)len);
	}
	freeReplyObject(reply);
	return len;
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	redis = redisConnectUnix(argv[1]);
	key = argv[2];
	if (redis == NULL || redis->err)
		return 1;
	return floor_serve(fill);
}
