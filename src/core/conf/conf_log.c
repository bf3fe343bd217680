/* SPDX-License-Identifier: ISC */
/* What the settings of the section log must fulfil. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/host_port.h"

#define SOCKET_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

/* What is wrong with the address of a server that is reached in one of these
 * ways, or NULL. */
static const char *
conf_log_judge(const char *text, const char *const *schemes, const char *else_)
{
	struct log_url u;
	const char *why = log_url_parse(text, &u);

	while (*schemes != NULL && !str_eq(u.scheme, *schemes))
		schemes++;
	if (*schemes == NULL)
		return else_;
	if (why != NULL)
		return why;
	if (str_eq(u.scheme, "unix"))
		return strlen(u.path) < SOCKET_MAX
			   ? NULL
			   : "the path is too long for a socket";
	if (!str_starts(u.scheme, "http") && u.path[0] != '\0')
		return "it must end with the host or the port";
	return NULL;
}

void
conf_check_log(struct conf_run *run)
{
	static const char *const gelf[] = { "tcp", "tls", "udp", "http",
		"https", NULL };
	static const char *const syslog[] = { "udp", "tcp", "unix", NULL };
	const struct conf *s = &run->set->values;
	const char *why = NULL;

	if (s->log_gelf[0] != '\0')
		why = conf_log_judge(s->log_gelf, gelf,
		    "it must start with tcp://, tls://, udp://, http:// or "
		    "https://");
	if (why != NULL)
		conf_fault_row(run, CONF_ROW_log_gelf, why);
	why = NULL;
	if (s->log_syslog[0] != '\0')
		why = conf_log_judge(s->log_syslog, syslog,
		    "it must start with udp://, tcp:// or unix://");
	if (why != NULL)
		conf_fault_row(run, CONF_ROW_log_syslog, why);
}
