/* SPDX-License-Identifier: ISC */
/* What the connection string must fulfil.  It may have a password in it, and
 * where it is malformed any part of it may be one: no sentence quotes it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/str.h"
#include "conf_own.h"

static bool
conf_is_uri(const char *s)
{
	return str_starts(s, "postgresql://") || str_starts(s, "postgres://");
}

const char *
conf_conninfo_value(const PQconninfoOption *options, const char *keyword)
{
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
		if (str_eq(o->keyword, keyword))
			return o->val == NULL ? "" : o->val;
	}
	return "";
}

/* True if text is one of the words, which stand between blanks. */
static bool
conf_is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *w = len == 0 ? NULL : strstr(words, text); w != NULL;
	     w = strstr(w + 1, text)) {
		if ((w == words || w[-1] == ' ') &&
		    (w[len] == ' ' || w[len] == '\0'))
			return true;
	}
	return false;
}

static size_t
conf_count(const char *list)
{
	size_t n = list[0] == '\0' ? 0 : 1;

	for (; *list != '\0'; list++)
		n += *list == ',';
	return n;
}

/* One port for all hosts, or one for each; an empty one is the default. */
static const char *
conf_judge_ports(const char *ports, const char *hosts)
{
	size_t n = conf_count(ports);

	if (n > 1 && n != conf_count(hosts))
		return "it has another number of ports than of hosts";
	while (*ports != '\0') {
		size_t len = strcspn(ports, ",");
		char port[6], *end;
		long value;

		if (len > 5)
			return "its port is not a number from 1 to 65535";
		memcpy(port, ports, len);
		port[len] = '\0';
		value = strtol(port, &end, 10);
		if (len > 0 && (port[0] < '0' || port[0] > '9' ||
				   *end != '\0' || value < 1 || value > 65535))
			return "its port is not a number from 1 to 65535";
		ports += len + (ports[len] == ',');
	}
	return NULL;
}

/* Where a password has an @, libpq takes what is behind it for the host, and
 * would tell everybody that there is no such host. */
static bool
conf_has_two_ats(const char *uri)
{
	const char *end = uri + strcspn(uri, "?");
	const char *at = memchr(uri, '@', (size_t)(end - uri));

	return at != NULL &&
	       memchr(at + 1, '@', (size_t)(end - at - 1)) != NULL;
}

static const char *
conf_judge_conninfo(const PQconninfoOption *o)
{
	const char *hosts = conf_conninfo_value(o, "hostaddr");
	const char *sslmode = conf_conninfo_value(o, "sslmode");
	const char *attrs = conf_conninfo_value(o, "target_session_attrs");

	if (hosts[0] == '\0')
		hosts = conf_conninfo_value(o, "host");
	if (sslmode[0] != '\0' &&
	    !conf_is_word("disable allow prefer require verify-ca verify-full",
		sslmode))
		return "its sslmode is not one of disable, allow, prefer, "
		       "require, verify-ca, verify-full";
	if (attrs[0] != '\0' &&
	    !conf_is_word("any read-write read-only primary standby "
			  "prefer-standby",
		attrs))
		return "its target_session_attrs is not one of any, "
		       "read-write, read-only, primary, standby, "
		       "prefer-standby";
	if (conf_is_word("read-only standby", attrs))
		return "its target_session_attrs asks for a server that does "
		       "not write";
	return conf_judge_ports(conf_conninfo_value(o, "port"), hosts);
}

const char *
conf_judge_database(const char *text)
{
	PQconninfoOption *options = PQconninfoParse(text, NULL);
	const char *why;

	if (conf_is_uri(text) && conf_has_two_ats(text))
		why = "its address has more than one @; in a password it is "
		      "written %40";
	else if (options != NULL)
		why = conf_judge_conninfo(options);
	else if (conf_is_uri(text))
		why = "libpq cannot read it: an address looks like "
		      "postgresql://user:password@host:port/database, with "
		      "%XX for characters like @ / : % in a password, and "
		      "with options that libpq knows";
	else
		why = "libpq cannot read it: it is made of pairs like "
		      "host=/run/postgresql dbname=errand that libpq knows; a "
		      "value with blanks stands in single quotes, with \\ "
		      "before ' and \\";
	PQconninfoFree(options);
	return why;
}

void
conf_check_database(struct conf_run *run)
{
	const char *why =
	    conf_judge_database(run->set->values.database_conninfo);

	if (why != NULL)
		conf_fault_row(run, CONF_ROW_database_conninfo, why);
}
