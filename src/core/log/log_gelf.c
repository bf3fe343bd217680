/* SPDX-License-Identifier: ISC */
/* The sink that is a GELF input of Graylog: [log] gelf. */
#include "config.h"

#include "gelf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "text/host_port.h"

#define GELF_PORT 12201

/* How each scheme travels. */
enum gelf_frame {
	GELF_ZERO,      /* a zero byte behind each message */
	GELF_DATAGRAMS, /* whole, or in chunks */
	GELF_HTTP       /* a request each */
};

static const struct gelf_scheme {
	const char *name;
	enum log_net_way way;
	enum gelf_frame frame;
	int port;
} gelf_schemes[] = {
	{ "tcp", LOG_NET_TCP, GELF_ZERO, GELF_PORT },
	{ "tls", LOG_NET_TLS, GELF_ZERO, GELF_PORT },
	{ "udp", LOG_NET_UDP, GELF_DATAGRAMS, GELF_PORT },
	{ "http", LOG_NET_TCP, GELF_HTTP, 80 },
	{ "https", LOG_NET_TLS, GELF_HTTP, 443 },
};

static struct {
	const struct gelf_scheme *scheme;
	char host[256];                      /* ours */
	char http_host[280];                 /* theirs, as a header has it */
	char path[512];                      /* of HTTP */
	uint64_t id;                         /* of the last message in chunks */
	struct buf message, zip, out, sizes; /* of one event */
} gelf;

/* Literal IPv6 addresses have brackets, the usual port is left out. */
static void
gelf_set_http(const struct log_url *u, int port)
{
	const char *form = strchr(u->host, ':') == NULL ? "%s" : "[%s]";
	size_t n;

	n = (size_t)(form[0] == '%'
			 ? snprintf(gelf.http_host, sizeof(gelf.http_host),
			       "%s", u->host)
			 : snprintf(gelf.http_host, sizeof(gelf.http_host),
			       "[%s]", u->host));
	if (port != gelf.scheme->port)
		snprintf(gelf.http_host + n, sizeof(gelf.http_host) - n, ":%d",
		    port);
	snprintf(gelf.path, sizeof(gelf.path), "%s",
	    u->path[0] == '\0' ? "/gelf" : u->path);
}

static int
gelf_open(struct log_sink *s, const char *program)
{
	struct log_net_to to = { .goal = LOG_TO_GELF,
		.max = (size_t)settings.log_buffer,
		.place = settings.log_gelf,
		.ca_file = settings.log_gelf_ca_file,
		.any_name = !settings.log_gelf_verify };
	struct log_url u;
	size_t i;

	(void)program;
	/* Before any settings are in force there is no text either. */
	if (settings.log_gelf == NULL || settings.log_gelf[0] == '\0' ||
	    log_url_parse(settings.log_gelf, &u) != NULL)
		return 0;
	gelf.scheme = NULL;
	for (i = 0; i < NELEM(gelf_schemes); i++) {
		if (str_eq(u.scheme, gelf_schemes[i].name))
			gelf.scheme = &gelf_schemes[i];
	}
	if (gelf.scheme == NULL)
		return 0;
	if (gethostname(gelf.host, sizeof(gelf.host) - 1) == -1 ||
	    gelf.host[0] == '\0')
		snprintf(gelf.host, sizeof(gelf.host), "localhost");
	to.way = gelf.scheme->way;
	to.host = u.host;
	to.port = u.port == 0 ? gelf.scheme->port : u.port;
	if (gelf.scheme->frame == GELF_HTTP) {
		gelf_set_http(&u, to.port);
		to.answer = gelf_http_answer;
	}
	uuid_random(&gelf.id, sizeof(gelf.id));
	s->own = log_net_new(&to);
	s->level = log_level_of((int)settings.log_gelf_level);
	return 0;
}

/* One datagram if it fits, compressed if need be, else chunks.  0, or -1 if
 * there would be too many. */
static int
gelf_put_datagrams(void)
{
	size_t most = (size_t)settings.log_gelf_datagram;
	const struct buf *b = &gelf.message;

	if (b->len > most && settings.log_gelf_gzip) {
		buf_clear(&gelf.zip);
		gelf_gzip(&gelf.zip, b->data, b->len);
		b = &gelf.zip;
	}
	return gelf_datagrams(&gelf.out, &gelf.sizes, b->data, b->len, most,
	    gelf.id++);
}

static bool
gelf_put_event(struct log_sink *s, struct log_event *e)
{
	uint32_t size;

	buf_clear(&gelf.message);
	buf_clear(&gelf.out);
	buf_clear(&gelf.sizes);
	gelf_json(&gelf.message, e, gelf.host);
	if (gelf.scheme->frame == GELF_DATAGRAMS) {
		if (gelf_put_datagrams() == -1) {
			log_net_lose(s->own, 1);
			return true;
		}
	} else {
		if (gelf.scheme->frame == GELF_HTTP)
			gelf_http_head(&gelf.out, gelf.http_host, gelf.path,
			    gelf.message.len);
		buf_add(&gelf.out, gelf.message.data, gelf.message.len);
		if (gelf.scheme->frame == GELF_ZERO)
			buf_addc(&gelf.out, '\0');
		size = (uint32_t)gelf.out.len;
		buf_add(&gelf.sizes, &size, sizeof(size));
	}
	return log_net_add(s->own, gelf.out.data,
	    (const uint32_t *)(const void *)gelf.sizes.data,
	    gelf.sizes.len / sizeof(uint32_t));
}

static void
gelf_close(struct log_sink *s)
{
	log_net_sink_close(s);
	buf_free(&gelf.message);
	buf_free(&gelf.zip);
	buf_free(&gelf.out);
	buf_free(&gelf.sizes);
}

struct log_sink log_gelf_sink = {
	.level = -1,
	.open = gelf_open,
	.put = gelf_put_event,
	LOG_NET_SINK,
	.close = gelf_close,
};
