/* SPDX-License-Identifier: ISC */
/* Tells all workers, ours and Celery's, what is not to be run. */
#include "config.h"

#include "queue_own.h"

#include "base/buf.h"
#include "celery/envelope.h"
#include "conf/conf.h"
#include "text/json_write.h"
#include "text/kv_url.h"

#define REVOKE_EXCHANGE "celery.pidbox"

const char *
queue_db(struct arena *a)
{
	const char *db = "0";
	struct kv_options o;
	struct kv_url url;

	kv_broker_options(&o);
	if (kv_url_parse(o.url, &url) == -1)
		return db;
	if (url.db[0] != '\0')
		db = arena_strdup(a, url.db);
	kv_url_clear(&url);
	return db;
}

const char *
queue_control(struct arena *a)
{
	return arena_printf(a, "%s/%s." REVOKE_EXCHANGE,
	    settings.broker_key_prefix, queue_db(a));
}

/* As Celery's own revoke and terminate. */
static void
revoke_format(struct buf *b, const char *const *ids, size_t n, bool end)
{
	struct json_write w = json_write(b);

	json_open_object(&w, NULL);
	json_put_text(&w, "method", "revoke");
	json_open_object(&w, "arguments");
	json_open_array(&w, "task_id");
	for (size_t i = 0; i < n; i++)
		json_put_text(&w, NULL, ids[i]);
	json_close_array(&w);
	json_put_bool(&w, "terminate", end);
	json_put_text(&w, "signal", "SIGTERM");
	json_close_object(&w);
	json_put_null(&w, "destination");
	json_put_null(&w, "pattern");
	json_put_null(&w, "matcher");
	json_close_object(&w);
	json_write_end(&w);
}

int
queue_revoke(struct queue *q, const char *const *ids, size_t n, bool end)
{
	struct buf body = { 0 }, message = { 0 };
	struct envelope e = { .exchange = REVOKE_EXCHANGE, .routing_key = "" };
	struct kv_word words[3];
	const redisReply *r;

	revoke_format(&body, ids, n, end);
	e.body = body.data;
	e.len = body.len;
	envelope_format(&message, &e);
	words[0] = KV("PUBLISH");
	words[1] = KV(queue_control(q->arena));
	words[2] = KVN(message.data, message.len);
	r = kv_run(q->kv, q->arena, NELEM(words), words);
	buf_free(&body);
	buf_free(&message);
	return r == NULL ? -1 : 0;
}
