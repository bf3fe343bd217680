/* SPDX-License-Identifier: ISC */
/* Settings out of the variables that OpenTelemetry's specification names. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_own.h"

/* The texts of a variable that mean something else here; nothing at all, if
 * ours is NULL. */
struct otel_word {
	const char *theirs, *ours;
};

static const struct otel_word disabled[] = { { "true", "off" },
	{ "false", NULL }, { NULL, NULL } };
static const struct otel_word exporters[] = { { "none", "off" },
	{ "otlp", "on" }, { NULL, NULL } };

static const struct otel_word protocols[] = { { "http/json", NULL },
	{ NULL, NULL } };
static const struct otel_word none[] = { { "none", NULL }, { NULL, NULL } };
static const struct otel_word propagators[] = { { "tracecontext", NULL },
	{ NULL, NULL } };

#define OTEL_PREFIX "OTEL_"
#define OTEL_ALWAYS (-1) /* no setting: it is always as one of the words says */

/* A later row that sets the same setting overrides the one before. */
static const struct otel_row {
	const char *variable;
	int row;
	const char *behind;            /* added to the value, or NULL */
	const struct otel_word *words; /* or NULL: the value as it is */
} otel_rows[] = {
	{ "OTEL_TRACES_EXPORTER", CONF_ROW_trace_enabled, NULL, exporters },
	{ "OTEL_SDK_DISABLED", CONF_ROW_trace_enabled, NULL, disabled },
	{ "OTEL_EXPORTER_OTLP_ENDPOINT", CONF_ROW_trace_endpoint, "v1/traces",
	    NULL },
	{ "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", CONF_ROW_trace_endpoint, NULL,
	    NULL },
	{ "OTEL_EXPORTER_OTLP_HEADERS", CONF_ROW_trace_headers, NULL, NULL },
	{ "OTEL_EXPORTER_OTLP_TRACES_HEADERS", CONF_ROW_trace_headers, NULL,
	    NULL },
	{ "OTEL_EXPORTER_OTLP_TIMEOUT", CONF_ROW_trace_timeout, "ms", NULL },
	{ "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", CONF_ROW_trace_timeout, "ms",
	    NULL },
	{ "OTEL_EXPORTER_OTLP_CERTIFICATE", CONF_ROW_trace_ca_file, NULL,
	    NULL },
	{ "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", CONF_ROW_trace_ca_file, NULL,
	    NULL },
	{ "OTEL_SERVICE_NAME", CONF_ROW_trace_service, NULL, NULL },
	{ "OTEL_RESOURCE_ATTRIBUTES", CONF_ROW_trace_resource, NULL, NULL },
	{ "OTEL_TRACES_SAMPLER", CONF_ROW_trace_sampler, NULL, NULL },
	{ "OTEL_TRACES_SAMPLER_ARG", CONF_ROW_trace_ratio, NULL, NULL },
	{ "OTEL_EXPORTER_OTLP_PROTOCOL", OTEL_ALWAYS, NULL, protocols },
	{ "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", OTEL_ALWAYS, NULL, protocols },
	{ "OTEL_EXPORTER_OTLP_COMPRESSION", OTEL_ALWAYS, NULL, none },
	{ "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", OTEL_ALWAYS, NULL, none },
	{ "OTEL_METRICS_EXPORTER", OTEL_ALWAYS, NULL, none },
	{ "OTEL_LOGS_EXPORTER", OTEL_ALWAYS, NULL, none },
	{ "OTEL_PROPAGATORS", OTEL_ALWAYS, NULL, propagators },
};

/* True if it is what it would be without the variable. */
static bool
otel_says_nothing(const struct otel_row *r, const char *value)
{
	const struct otel_word *w = r->words;

	if (value == NULL || value[0] == '\0')
		return true;
	while (w != NULL && w->theirs != NULL) {
		if (str_case_eq(w->theirs, value))
			return w->ours == NULL;
		w++;
	}
	return false;
}

/* The text of the setting that the variable means, which the caller frees; NULL
 * if it is none.  An empty variable is the same as none. */
static char *
otel_text(const struct otel_row *r, const char *value)
{
	const struct otel_word *w = r->words;
	struct buf b = { 0 };

	if (w != NULL) {
		while (w->theirs != NULL && !str_case_eq(w->theirs, value))
			w++;
		return w->theirs == NULL ? NULL : xstrdup(w->ours);
	}
	/* Behind a query there is no path. */
	if (r->row == CONF_ROW_trace_endpoint && r->behind != NULL &&
	    strchr(value, '?') != NULL)
		return NULL;
	buf_adds(&b, value);
	if (r->row == CONF_ROW_trace_endpoint && r->behind != NULL &&
	    b.data[b.len - 1] != '/')
		buf_addc(&b, '/');
	if (r->behind != NULL)
		buf_adds(&b, r->behind);
	return b.data;
}

/* True if the text may stand in a file as well. */
static bool
otel_fits(int row, const char *text)
{
	union {
		struct conf_list list;
		const char *text;
		int64_t number;
	} field = { .number = 0 };
	struct buf why = { 0 };
	char *copy = xstrdup(text);
	bool fits = conf_value_parse(&conf_rows[row], &field, copy, &why) == 0;

	free(copy);
	buf_free(&why);
	return fits && conf_judge_trace(row, text) == NULL;
}

/* The text for the setting of the row, which the caller frees; NULL if the
 * variable's value, which says something, cannot be taken. */
static char *
otel_take(const struct otel_row *r, const char *value)
{
	char *text = otel_text(r, value);

	if (text != NULL && otel_fits(r->row, text))
		return text;
	free(text);
	return NULL;
}

void
conf_otel_read(struct conf_run *run)
{
	struct conf_origin origin = { .layer = CONF_ENV };

	for (size_t i = 0; i < NELEM(otel_rows); i++) {
		const struct otel_row *r = &otel_rows[i];
		const char *value = getenv(r->variable);
		char *text;

		if (r->row == OTEL_ALWAYS || otel_says_nothing(r, value))
			continue;
		text = otel_take(r, value);
		origin.variable = r->variable;
		if (text != NULL)
			conf_row_set(run, r->row, &origin, text);
		free(text);
	}
}

/* Why a variable of that name, its value behind it, is ignored; NULL: it is
 * not. */
static const char *
otel_judge(const char *name, size_t len, const char *value)
{
	for (size_t i = 0; i < NELEM(otel_rows); i++) {
		const struct otel_row *r = &otel_rows[i];
		char *text;

		if (strlen(r->variable) != len ||
		    memcmp(r->variable, name, len) != 0)
			continue;
		if (otel_says_nothing(r, value))
			return NULL;
		text = r->row == OTEL_ALWAYS ? NULL : otel_take(r, value);
		free(text);
		return text != NULL ? NULL : "its value cannot be taken";
	}
	return value[0] == '\0' ? NULL : "there is nothing here that it is for";
}

bool
conf_otel_ignored(struct conf_otel_look *look)
{
	while (environ[look->at] != NULL) {
		const char *name = environ[look->at++];
		size_t len = strcspn(name, "=");

		if (strncmp(name, OTEL_PREFIX, strlen(OTEL_PREFIX)) != 0 ||
		    name[len] == '\0')
			continue;
		look->why = otel_judge(name, len, name + len + 1);
		if (look->why == NULL)
			continue;
		snprintf(look->variable, sizeof(look->variable), "%.*s",
		    (int)len, name);
		return true;
	}
	return false;
}
