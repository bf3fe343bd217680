/* SPDX-License-Identifier: ISC */
/* What the settings of the section trace must fulfil. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/pairs.h"

/* The characters of a header's name (RFC 9110), which are also those that an
 * attribute's name has. */
static bool
trace_is_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "!#$%&'*+-.^_`|~")] == '\0';
}

static bool
trace_has_control(const struct buf *value)
{
	for (size_t i = 0; i < value->len; i++) {
		if ((unsigned char)value->data[i] < ' ' ||
		    value->data[i] == 0x7f)
			return true;
	}
	return false;
}

static const char *
trace_judge_pairs(const char *text)
{
	struct buf name = { 0 }, value = { 0 };
	const char *why = NULL;
	int more;

	while (why == NULL && (more = pairs_next(&text, &name, &value)) != 0) {
		if (more == -1)
			why = "it must look like name=value,name=value, with "
			      "%XX for what is no letter and no digit";
		else if (!trace_is_name(name.data))
			why = "there is a character in a name that none has";
		else if (trace_has_control(&value) ||
			 str_utf8_count(value.data, value.len) == -1)
			why = "a value must be one line of UTF-8";
	}
	buf_free(&name);
	buf_free(&value);
	return why;
}

const char *
conf_judge_trace(int row, const char *text)
{
	const char *rest = "", *why;
	int64_t ratio;

	switch (row) {
	case CONF_ROW_trace_endpoint:
		why = text[0] == '\0' ? NULL : conf_judge_url(text, &rest);
		if (why == NULL && strchr(rest, '#') != NULL)
			why = "it must not have a # in it";
		return why;
	case CONF_ROW_trace_headers:
	case CONF_ROW_trace_resource:
		return trace_judge_pairs(text);
	case CONF_ROW_trace_ratio:
		return str_to_ratio(text, &ratio) == 0
			   ? NULL
			   : "it must be a number from 0 to 1, such as 0.05";
	case CONF_ROW_trace_socket:
		return text[0] == '/' ? NULL : "it must start with a slash";
	default:
		return NULL;
	}
}

void
conf_check_trace(struct conf_run *run)
{
	static const int rows[] = { CONF_ROW_trace_endpoint,
		CONF_ROW_trace_headers, CONF_ROW_trace_resource,
		CONF_ROW_trace_ratio, CONF_ROW_trace_socket };
	const char *why;

	for (size_t i = 0; i < NELEM(rows); i++) {
		why = conf_judge_trace(rows[i],
		    *(const char **)conf_row_field(run->set, rows[i]));
		if (why != NULL)
			conf_fault_row(run, rows[i], why);
	}
}
