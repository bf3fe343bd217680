/* SPDX-License-Identifier: ISC */
/* Settings out of their text, by type. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_own.h"
#include "text/rule.h"

#define SPACES " \t\r\n"

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first. */
static const struct unit sizes[] = {
	{ "g", 1024 * CONF_MIB },
	{ "m", CONF_MIB },
	{ "k", CONF_KIB },
	{ "", 1 },
};

static const struct unit times[] = {
	{ "d", CONF_DAY },
	{ "h", CONF_HOUR },
	{ "m", CONF_MIN },
	{ "s", CONF_SEC },
	{ "ms", 1 },
};

/* Adds n in the largest unit that leaves no rest. */
static void
conf_add_amount(struct buf *b, const struct unit *units, int64_t n)
{
	while (n % units->factor != 0)
		units++;
	buf_addint(b, n == 0 ? 0 : n / units->factor);
	if (n != 0)
		buf_adds(b, units->name);
}

/* Digits and a unit; nothing may stand for a unit whose name is empty. */
static int
conf_read_amount(const char *text, const struct unit *units, size_t nunits,
    int64_t *out)
{
	size_t digits = strspn(text, "0123456789"), i;
	char number[20];
	int64_t n;

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (str_to_int(number, 0, INT64_MAX, &n) == -1)
		return -1;
	if (n == 0 && text[digits] == '\0') {
		*out = 0;
		return 0;
	}
	for (i = 0; i < nunits; i++) {
		if (str_case_eq(text + digits, units[i].name))
			return __builtin_mul_overflow(n, units[i].factor, out)
				   ? -1
				   : 0;
	}
	return -1;
}

void
conf_value_range(const struct conf_row *row, struct buf *b)
{
	const struct unit *units = NULL;
	const char *of = "";

	if (row->type == CONF_BOOL || row->type == CONF_CHOICE ||
	    row->type == CONF_RULE)
		return;
	if (row->type == CONF_TIME)
		units = times;
	else if (row->type == CONF_SIZE)
		units = sizes;
	else if (row->type == CONF_LIST)
		of = " words";
	else if (row->type != CONF_INT)
		of = " bytes";
	if (units != NULL) {
		conf_add_amount(b, units, row->min);
		buf_adds(b, " to ");
		conf_add_amount(b, units, row->max);
	} else {
		buf_printf(b, "%lld to %lld%s", (long long)row->min,
		    (long long)row->max, of);
	}
}

static int
conf_parse_amount(const struct conf_row *row, int64_t *field, const char *text,
    struct buf *why)
{
	bool is_time = row->type == CONF_TIME;
	const struct unit *units = is_time ? times : sizes;
	size_t nunits = is_time ? NELEM(times) : NELEM(sizes);
	int64_t n;

	if (conf_read_amount(text, units, nunits, &n) == 0 && n >= row->min &&
	    n <= row->max) {
		*field = n;
		return 0;
	}
	buf_printf(why, "\"%.60s\" is not a %s from ", text,
	    is_time ? "time" : "size");
	conf_value_range(row, why);
	buf_adds(why, is_time
			  ? " (a number with ms, s, m, h or d behind it)"
			  : " (bytes, or a number with k, m or g behind it)");
	return -1;
}

static int
conf_parse_int(const struct conf_row *row, int64_t *field, const char *text,
    struct buf *why)
{
	if (str_to_int(text, row->min, row->max, field) == 0)
		return 0;
	buf_printf(why, "\"%.60s\" is not a whole number from ", text);
	conf_value_range(row, why);
	return -1;
}

static int
conf_parse_bool(bool *field, const char *text, struct buf *why)
{
	static const char *const words[] = { "off", "on", "no", "yes", "false",
		"true", "0", "1" };
	size_t i;

	for (i = 0; i < NELEM(words); i++) {
		if (str_case_eq(text, words[i])) {
			*field = i % 2 == 1;
			return 0;
		}
	}
	buf_printf(why, "\"%.60s\" is neither on nor off", text);
	return -1;
}

static int
conf_parse_choice(const struct conf_row *row, int *field, const char *text,
    struct buf *why)
{
	int i;

	for (i = 0; row->words[i] != NULL; i++) {
		if (str_eq(text, row->words[i])) {
			*field = i;
			return 0;
		}
	}
	buf_printf(why, "\"%.60s\" is not one of %s", text, row->words[0]);
	for (i = 1; row->words[i] != NULL; i++)
		buf_printf(why, ", %s", row->words[i]);
	return -1;
}

static int
conf_parse_text(const struct conf_row *row, const char **field,
    const char *text, struct buf *why)
{
	int64_t len = (int64_t)strlen(text);

	if (len < row->min) {
		buf_adds(why, "it must not be empty");
		return -1;
	}
	if (len > row->max) {
		buf_printf(why, "it is %lld bytes long, %lld are allowed",
		    (long long)len, (long long)row->max);
		return -1;
	}
	*field = text;
	return 0;
}

/* The words and the pointers to them are one block. */
static struct conf_list
conf_split(const char *text)
{
	size_t len = strlen(text), most = len / 2 + 1;
	struct conf_list list = { 0 };
	char *word;

	list.v = xcalloc(1, most * sizeof(*list.v) + len + 1);
	word = (char *)(list.v + most);
	memcpy(word, text, len + 1);
	for (;;) {
		word += strspn(word, "," SPACES);
		if (*word == '\0')
			return list;
		list.v[list.n++] = word;
		word += strcspn(word, "," SPACES);
		if (*word != '\0')
			*word++ = '\0';
	}
}

static int
conf_parse_list(const struct conf_row *row, struct conf_list *field,
    const char *text, struct buf *why)
{
	struct conf_list list = conf_split(text);

	if ((int64_t)list.n < row->min || (int64_t)list.n > row->max) {
		buf_printf(why,
		    "%zu words are given, %lld to %lld are expected", list.n,
		    (long long)row->min, (long long)row->max);
		free(list.v);
		return -1;
	}
	free(field->v);
	*field = list;
	return 0;
}

static int
conf_parse_rule(const struct conf_row *row, const char **field,
    const char *text, struct buf *why)
{
	if (rule_judge(text, why) == -1)
		return -1;
	return conf_parse_text(row, field, text, why);
}

/* Lists and rules may be laid out in lines, as environment files do. */
static int
conf_check_bytes(const struct conf_row *row, const char *text, struct buf *why)
{
	const bool words = row->type == CONF_LIST || row->type == CONF_RULE;
	const char *s;

	for (s = text; *s != '\0'; s++) {
		bool control = (unsigned char)*s < ' ' || *s == 0x7f;

		if (control && !(words && strchr(SPACES, *s) != NULL)) {
			buf_adds(why, "there is a control character in it");
			return -1;
		}
	}
	if (row->type != CONF_SECRET &&
	    str_utf8_count(text, strlen(text)) == -1) {
		buf_adds(why, "it is not valid UTF-8");
		return -1;
	}
	return 0;
}

int
conf_value_parse(const struct conf_row *row, void *field, const char *text,
    struct buf *why)
{
	if (conf_check_bytes(row, text, why) == -1)
		return -1;
	switch (row->type) {
	case CONF_STR:
	case CONF_SECRET:
		return conf_parse_text(row, field, text, why);
	case CONF_INT:
		return conf_parse_int(row, field, text, why);
	case CONF_SIZE:
	case CONF_TIME:
		return conf_parse_amount(row, field, text, why);
	case CONF_BOOL:
		return conf_parse_bool(field, text, why);
	case CONF_CHOICE:
		return conf_parse_choice(row, field, text, why);
	case CONF_LIST:
		return conf_parse_list(row, field, text, why);
	case CONF_RULE:
		return conf_parse_rule(row, field, text, why);
	}
	abort();
}

void
conf_value_clear(const struct conf_row *row, void *field)
{
	if (row->type == CONF_LIST)
		free(((struct conf_list *)field)->v);
}
