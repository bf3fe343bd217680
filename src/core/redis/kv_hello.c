/* SPDX-License-Identifier: ISC */
/* What a session begins with: who we are, which server it is, and whether it
 * takes writes. */
#include "config.h"

#include <string.h>

#include "redis_own.h"

/* Adds a command, if all before have been. */
static void
kv_hello_add(redisContext *ctx, int *n, size_t nwords,
    const struct kv_word *words)
{
	if (*n != -1 && kv_append(ctx, nwords, words) == REDIS_OK)
		(*n)++;
	else
		*n = -1;
}

static void
kv_hello_add_login(const struct kv *kv, redisContext *ctx, int *n)
{
	const char *user = kv->url.username;
	const char *password = kv->url.password;

	if (kv->o.username[0] != '\0')
		user = kv->o.username;
	if (kv->o.password[0] != '\0')
		password = kv->o.password;
	if (password == NULL)
		return;
	if (user != NULL && user[0] != '\0')
		kv_hello_add(ctx, n, 3,
		    (struct kv_word[]){ KV("AUTH"), KV(user), KV(password) });
	else
		kv_hello_add(ctx, n, 2,
		    (struct kv_word[]){ KV("AUTH"), KV(password) });
}

int
kv_hello_put(const struct kv *kv, redisContext *ctx)
{
	const char *key = kv->o.probe_key;
	int n = 0;

	kv_hello_add_login(kv, ctx, &n);
	if (kv->url.db[0] != '\0' && strcmp(kv->url.db, "0") != 0)
		kv_hello_add(ctx, &n, 2,
		    (struct kv_word[]){ KV("SELECT"), KV(kv->url.db) });
	kv_hello_add(ctx, &n, 2,
	    (struct kv_word[]){ KV("INFO"),
		KV(kv_has_sentinels(kv) ? "replication" : "server") });
	if (key == NULL)
		return n;
	kv_hello_add(ctx, &n, 5,
	    (struct kv_word[]){
		KV("SET"), KV(key), KV("1"), KV("EX"), KV("10") });
	kv_hello_add(ctx, &n, 2, (struct kv_word[]){ KV("DEL"), KV(key) });
	return n;
}

/* The run id tells a restarted server, whose old entries may have come back,
 * from the one that was told of every change.  A replica that becomes master
 * may lack what the master before had, and its run id stays: its history does
 * not. */
static const char *
kv_hello_run_id(const char *info, const char *field, char run_id[KV_RUN_ID])
{
	const char *at = strstr(info, field);
	size_t len;

	if (at == NULL)
		return "INFO shows no id of this run of the server";
	at += strlen(field);
	len = strspn(at, "0123456789abcdefABCDEF");
	if (len == 0 || len >= KV_RUN_ID)
		return "INFO shows no id of this run that can be one";
	memcpy(run_id, at, len);
	run_id[len] = '\0';
	return NULL;
}

/* A server without room for more still deletes.  The keys of one command and of
 * one script belong together here, and in a cluster they are not. */
const char *
kv_hello_judge(const struct kv *kv, const redisReply *r, char run_id[KV_RUN_ID])
{
	if (r->type == REDIS_REPLY_ERROR && strncmp(r->str, "OOM ", 4) != 0)
		return r->str;
	if (r->type != REDIS_REPLY_STRING)
		return NULL;
	if (strstr(r->str, "_mode:cluster\r") != NULL)
		return "it is a node of a Redis Cluster, which Errand does not use";
	if (!kv_has_sentinels(kv))
		return kv_hello_run_id(r->str, "run_id:", run_id);
	if (strstr(r->str, "role:master\r") == NULL)
		return "sentinels name a server that is no master now";
	return kv_hello_run_id(r->str, "master_replid:", run_id);
}
