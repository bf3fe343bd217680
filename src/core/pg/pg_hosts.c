/* SPDX-License-Identifier: ISC */
/*
 * Looks the hosts of the connection string up before libpq does, which would
 * wait for as long as the name servers like.  libpq takes the addresses beside
 * the names (hostaddr), which it still needs for certificates and passwords.
 */
#include "config.h"

#include "pg_own.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/resolve.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"

#define PG_PORT "5432" /* what libpq takes if nothing is said */

static const char *
pg_hosts_value(const PQconninfoOption *options, const char *keyword,
    const char *variable)
{
	const char *value = NULL;

	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (str_eq(o->keyword, keyword))
			value = o->val;
	if (value == NULL || value[0] == '\0')
		value = getenv(variable);
	return value == NULL ? "" : value;
}

/* Cuts the next of a list out of *rest. */
static void
pg_hosts_next(const char **rest, char *out, size_t size)
{
	size_t len = strcspn(*rest, ",");

	snprintf(out, size, "%.*s", (int)len, *rest);
	*rest += len + ((*rest)[len] == ',');
}

static void
pg_hosts_add(struct pg_hosts *h, const char *name, const char *address,
    const char *port)
{
	struct pg_host *host;

	h->list = xrealloc(h->list, (h->n + 1) * sizeof(*h->list));
	host = &h->list[h->n++];
	snprintf(host->name, sizeof(host->name), "%s", name);
	snprintf(host->address, sizeof(host->address), "%s", address);
	snprintf(host->port, sizeof(host->port), "%s", port);
}

/* Adds the addresses of one host, or says why there are none. */
static void
pg_hosts_look(struct pg_hosts *h, const char *host, const char *port)
{
	char address[NI_MAXHOST];
	struct addrinfo *list;
	int rc;

	if (host[0] == '\0' || host[0] == '/' || host[0] == '@') {
		pg_hosts_add(h, host, "", port);
		return;
	}
	rc = resolve(host, 0,
	    clock_mono_us() + settings.database_connect_timeout * 1000, &list);
	if (rc != 0) {
		snprintf(h->why, sizeof(h->why),
		    "the address of its host cannot be looked up: %.100s: %s",
		    host, gai_strerror(rc));
		return;
	}
	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		if (getnameinfo(at->ai_addr, at->ai_addrlen, address,
			sizeof(address), NULL, 0, NI_NUMERICHOST) == 0)
			pg_hosts_add(h, host, address, port);
	freeaddrinfo(list);
}

int
pg_hosts_find(struct pg_hosts *h)
{
	PQconninfoOption *o = PQconninfoParse(settings.database_conninfo, NULL);
	const char *hosts, *addresses, *ports;
	char host[NI_MAXHOST], address[NI_MAXHOST], port[8] = PG_PORT;
	bool one;

	*h = (struct pg_hosts){ .n = 0 };
	if (o == NULL) /* libpq will say why */
		return 0;
	hosts = pg_hosts_value(o, "host", "PGHOST");
	addresses = pg_hosts_value(o, "hostaddr", "PGHOSTADDR");
	ports = pg_hosts_value(o, "port", "PGPORT");
	one = strchr(ports, ',') == NULL;
	if (addresses[0] == '\0' && hosts[strspn(hosts, ",")] == '\0')
		hosts = "";
	while (hosts[0] != '\0' || addresses[0] != '\0') {
		pg_hosts_next(&hosts, host, sizeof(host));
		pg_hosts_next(&addresses, address, sizeof(address));
		if (ports[0] != '\0' || !one) /* one is for all hosts */
			pg_hosts_next(&ports, port, sizeof(port));
		if (port[0] == '\0')
			snprintf(port, sizeof(port), PG_PORT);
		if (address[0] != '\0')
			pg_hosts_add(h, host, address, port);
		else
			pg_hosts_look(h, host, port);
	}
	PQconninfoFree(o);
	return h->n > 0 || h->why[0] == '\0' ? 0 : -1;
}

void
pg_hosts_free(struct pg_hosts *h)
{
	free(h->list);
}
