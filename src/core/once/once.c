/* SPDX-License-Identifier: ISC */
/* Answers by key, in the transaction of what was changed. */
#include "config.h"

#include "once.h"

#define STMT PG_DECLARE
#include "once.def"
#undef STMT
#define STMT PG_DEFINE
#include "once.def"
#undef STMT

enum { COL_SAME, COL_STATUS, COL_TYPE, COL_CACHING, COL_HEAD, COL_BODY };

static void
put_digest(struct pg_params *p, const uint8_t digest[CODEC_SHA256])
{
	char *hex = arena_alloc(p->arena, 2 * CODEC_SHA256 + 1);

	pg_put_text(p, codec_hex(digest, CODEC_SHA256, hex));
}

static void
put_key(struct pg_params *p, const struct pg *pg, const struct once *once,
    int64_t keep)
{
	pg_params_init(p, pg);
	put_digest(p, once->id);
	put_digest(p, once->fingerprint);
	pg_put_int(p, keep);
}

/* What there is of a key that is not ours. */
static enum pg_err
find(struct pg *pg, const struct pg_params *p, enum once_found *found,
    struct once_answer *a)
{
	PGresult *r;
	enum pg_err err = pg_run(pg, &STMT_ONCE_ANSWER, p, &r);

	if (err != PG_OK)
		return err;
	*found = ONCE_BUSY;
	if (PQntuples(r) == 0)
		return PG_OK;
	*found = pg_bool(r, 0, COL_SAME) ? ONCE_KEPT : ONCE_OTHER;
	*a = (struct once_answer){
		.status = pg_int(r, 0, COL_STATUS),
		.type = pg_text_dup(p->arena, r, 0, COL_TYPE),
		.caching = pg_text_dup(p->arena, r, 0, COL_CACHING),
		.head = pg_text_dup(p->arena, r, 0, COL_HEAD),
		.body = pg_text_dup(p->arena, r, 0, COL_BODY),
	};
	return PG_OK;
}

enum pg_err
once_begin(struct pg *pg, const struct once *once, int64_t keep,
    enum once_found *found, struct once_answer *a)
{
	struct pg_params p;
	enum pg_err err = pg_begin(pg);
	PGresult *r;

	if (err != PG_OK)
		return err;
	put_key(&p, pg, once, keep);
	err = pg_run(pg, &STMT_ONCE_BEGIN, &p, &r);
	if (err == PG_OK && PQntuples(r) > 0) {
		*found = ONCE_NEW;
		return PG_OK;
	}
	if (err == PG_OK)
		err = find(pg, &p, found, a);
	pg_rollback(pg);
	return err;
}

enum pg_err
once_keep(struct pg *pg, const struct once *once, const struct once_answer *a)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	put_digest(&p, once->id);
	pg_put_int(&p, a->status);
	pg_put_text(&p, a->type);
	pg_put_text(&p, a->caching);
	pg_put_text(&p, a->head);
	pg_put_text(&p, a->body);
	err = pg_run_row(pg, &STMT_ONCE_KEEP, &p, &r);
	if (err == PG_OK)
		return pg_commit(pg);
	pg_rollback(pg);
	return err;
}

void
once_drop(struct pg *pg)
{
	pg_rollback(pg);
}

enum pg_err
once_purge(struct pg *pg, int64_t keep, int64_t limit, size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_int(&p, keep);
	pg_put_int(&p, limit);
	return pg_run_change(pg, &STMT_ONCE_PURGE, &p, n);
}
