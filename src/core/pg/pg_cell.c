/* SPDX-License-Identifier: ISC */
/* Parameters into and cells out of PostgreSQL's binary format. */
#include "config.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/codec.h"
#include "pg_own.h"

#define PG_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 since 1970 */

/* What timestamptz can have, since 2000, besides the two infinities. */
#define PG_TIME_MIN INT64_C(-211813488000000000)
#define PG_TIME_END INT64_C(9223371331200000000)

void
pg_params_init(struct pg_params *p, const struct pg *pg)
{
	if (pg->arena == NULL)
		abort(); /* our own mistake */
	p->arena = pg->arena;
	p->n = 0;
}

static void
pg_put(struct pg_params *p, const void *value, size_t length, int format)
{
	if (p->n == PG_PARAMS_MAX)
		abort(); /* our own mistake */
	p->value[p->n] = value;
	p->length[p->n] = (int)length;
	p->format[p->n] = format;
	p->n++;
}

static void
pg_put_copy(struct pg_params *p, const void *value, size_t length)
{
	void *copy = arena_alloc(p->arena, length);

	memcpy(copy, value, length);
	pg_put(p, copy, length, 1);
}

void
pg_put_null(struct pg_params *p)
{
	pg_put(p, NULL, 0, 0);
}

void
pg_put_text(struct pg_params *p, const char *s)
{
	pg_put(p, s, s == NULL ? 0 : strlen(s), 0);
}

void
pg_put_uuid(struct pg_params *p, const struct uuid *u)
{
	pg_put_copy(p, u->b, sizeof(u->b));
}

void
pg_put_int(struct pg_params *p, int64_t n)
{
	uint64_t wire = htobe64((uint64_t)n);

	pg_put_copy(p, &wire, sizeof(wire));
}

void
pg_put_bool(struct pg_params *p, bool v)
{
	pg_put_text(p, v ? "t" : "f");
}

/* Both ways the latest times wrap around, so that none is lost. */
static int64_t
pg_since_2000(int64_t us)
{
	return (int64_t)((uint64_t)us - (uint64_t)PG_EPOCH_US);
}

bool
pg_is_time(int64_t us)
{
	int64_t time = pg_since_2000(us);

	return time == INT64_MIN || time == INT64_MAX ||
	       (time >= PG_TIME_MIN && time < PG_TIME_END);
}

void
pg_put_time(struct pg_params *p, int64_t us)
{
	pg_put_int(p, pg_since_2000(us));
}

/* The buffer's text moves to the arena as the parameter. */
static void
pg_put_buf(struct pg_params *p, struct buf *b)
{
	pg_put_text(p, arena_strndup(p->arena, b->data, b->len));
	buf_free(b);
}

void
pg_put_texts(struct pg_params *p, const char *const *v, size_t n)
{
	struct buf b = { 0 };

	buf_addc(&b, '{');
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i > 0 ? ",\"" : "\"");
		for (const char *s = v[i]; *s != '\0'; s++) {
			if (*s == '"' || *s == '\\')
				buf_addc(&b, '\\');
			buf_addc(&b, *s);
		}
		buf_addc(&b, '"');
	}
	buf_addc(&b, '}');
	pg_put_buf(p, &b);
}

bool
pg_null(const PGresult *r, int row, int col)
{
	return PQgetisnull(r, row, col) == 1;
}

const char *
pg_text(const PGresult *r, int row, int col, size_t *len)
{
	*len = (size_t)PQgetlength(r, row, col);
	return PQgetvalue(r, row, col);
}

const char *
pg_json(const PGresult *r, int row, int col, size_t *len)
{
	const char *text = pg_text(r, row, col, len);

	/* The first byte is the number of its form. */
	if (*len == 0 || *text != 1)
		abort(); /* no version of PostgreSQL has another one */
	(*len)--;
	return text + 1;
}

const char *
pg_text_dup(struct arena *a, const PGresult *r, int row, int col)
{
	const char *text;
	size_t len;

	if (pg_null(r, row, col))
		return NULL;
	text = pg_text(r, row, col, &len);
	return arena_strndup(a, text, len);
}

int64_t
pg_int(const PGresult *r, int row, int col)
{
	const char *cell = PQgetvalue(r, row, col);
	uint64_t wide;
	uint32_t narrow;

	if (PQgetlength(r, row, col) == (int)sizeof(narrow)) {
		memcpy(&narrow, cell, sizeof(narrow));
		return (int32_t)be32toh(narrow);
	}
	if (PQgetlength(r, row, col) != (int)sizeof(wide))
		return 0;
	memcpy(&wide, cell, sizeof(wide));
	return (int64_t)be64toh(wide);
}

bool
pg_bool(const PGresult *r, int row, int col)
{
	return PQgetlength(r, row, col) == 1 && *PQgetvalue(r, row, col) == 1;
}

int64_t
pg_time(const PGresult *r, int row, int col)
{
	return (int64_t)((uint64_t)pg_int(r, row, col) + (uint64_t)PG_EPOCH_US);
}

int64_t
pg_time_or_zero(const PGresult *r, int row, int col)
{
	return pg_null(r, row, col) ? 0 : pg_time(r, row, col);
}

void
pg_hex(const PGresult *r, int row, int col, char out[PG_HEX])
{
	uint64_t cell = htobe64((uint64_t)pg_int(r, row, col));

	codec_hex((const uint8_t *)&cell, sizeof(cell), out);
}

struct uuid
pg_uuid(const PGresult *r, int row, int col)
{
	struct uuid u = { { 0 } };

	if (PQgetlength(r, row, col) == (int)sizeof(u.b))
		memcpy(u.b, PQgetvalue(r, row, col), sizeof(u.b));
	return u;
}
