/* SPDX-License-Identifier: ISC */
/* What the settings of the section log must fulfil. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/host_port.h"

/* What is wrong with the address of a GELF input, or NULL. */
static const char *
conf_log_judge_gelf(const char *text)
{
	static const char *const schemes[] = { "tcp", "tls", "udp", "http",
		"https" };
	struct log_url u;
	const char *why;
	size_t i;

	for (i = 0; i < NELEM(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (str_starts(text, schemes[i]) &&
		    str_starts(text + len, "://"))
			break;
	}
	if (i == NELEM(schemes))
		return "it must start with tcp://, tls://, udp://, http:// or "
		       "https://";
	why = log_url_parse(text, &u);
	if (why == NULL && !str_starts(u.scheme, "http") && u.path[0] != '\0')
		why = "it must end with the host or the port";
	return why;
}

void
conf_check_log(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *why = NULL;

	if (s->log_gelf[0] != '\0')
		why = conf_log_judge_gelf(s->log_gelf);
	if (why != NULL)
		conf_fault_row(run, CONF_ROW_log_gelf, why);
}
