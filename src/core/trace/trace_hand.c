/* SPDX-License-Identifier: ISC */
/*
 * From here to the process that sends: one datagram a piece, as
 *
 *	errand-spans 1 SPANS LOST
 *	{"resource": ..., "scopeSpans": ...}
 *
 * with the number of spans in it, and of those that were lost before it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "metric/metric.h"
#include "text/json_write.h"
#include "text/pairs.h"
#include "trace_own.h"

#define HAND_SAY (60 * CLOCK_SECOND) /* losses are many or none */

static struct hand {
	int fd; /* -1: none is open */
	struct buf resource;
	struct buf piece;
	int64_t lost;    /* spans, since somebody was told */
	int64_t said_at; /* 0: never */
} hand = { .fd = -1 };

static void
hand_put(struct json_write *w, const char *key, const char *text)
{
	json_open_object(w, NULL);
	json_put_text(w, "key", key);
	json_open_object(w, "value");
	json_put_text(w, "stringValue", text);
	json_close_object(w);
	json_close_object(w);
}

/* What [trace] resource says, except for those of which another is put; the
 * service's name there, or NULL, is *service. */
static void
hand_put_given(struct json_write *w, struct buf *service)
{
	static const char *const ours[] = { "service.name", "service.version",
		"service.instance.id" };
	struct buf name = { 0 }, value = { 0 };
	const char *at = settings.trace_resource;

	while (pairs_next(&at, &name, &value) == 1) {
		size_t i = 0;

		while (i < NELEM(ours) && !str_eq(ours[i], name.data))
			i++;
		if (i == NELEM(ours))
			hand_put(w, name.data, value.data);
		else if (i == 0)
			buf_adds(service, value.data);
	}
	buf_free(&name);
	buf_free(&value);
}

/* Who we are: made once in each process. */
static void
hand_resource(struct buf *b)
{
	struct json_write w = json_write(b);
	struct buf service = { 0 };
	struct uuid self = uuid_new();
	char host[65] = "", id[UUID_TEXT];

	json_open_object(&w, NULL);
	json_open_array(&w, "attributes");
	hand_put_given(&w, &service);
	if (settings.trace_service[0] != '\0')
		hand_put(&w, "service.name", settings.trace_service);
	else
		hand_put(&w, "service.name",
		    service.len > 0 ? service.data : "errand");
	hand_put(&w, "service.version", PACKAGE_VERSION);
	hand_put(&w, "service.instance.id", uuid_format(&self, id));
	if (gethostname(host, sizeof(host) - 1) == 0)
		hand_put(&w, "host.name", host);
	hand_put(&w, "telemetry.sdk.name", "errand");
	hand_put(&w, "telemetry.sdk.language", "c");
	hand_put(&w, "telemetry.sdk.version", PACKAGE_VERSION);
	json_close_array(&w);
	json_close_object(&w);
	json_write_end(&w);
	buf_free(&service);
}

static void
hand_fill(struct buf *b, const struct trace_ready *ready)
{
	struct json_write w;

	buf_clear(b);
	buf_printf(b, "errand-spans 1 %" PRId64 " %" PRId64 "\n", ready->n,
	    hand.lost);
	w = json_write(b);
	json_open_object(&w, NULL);
	json_put_raw_bytes(&w, "resource", hand.resource.data,
	    hand.resource.len);
	json_open_array(&w, "scopeSpans");
	json_open_object(&w, NULL);
	json_open_object(&w, "scope");
	json_put_text(&w, "name", program_invocation_short_name);
	json_put_text(&w, "version", PACKAGE_VERSION);
	json_close_object(&w);
	json_open_array(&w, "spans");
	json_put_raw_bytes(&w, NULL, ready->spans.data, ready->spans.len);
	json_close_array(&w);
	json_close_object(&w);
	json_close_array(&w);
	json_close_object(&w);
	json_write_end(&w);
}

static bool
hand_out(const struct buf *b)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (hand.fd == -1) {
		int fd = socket(AF_UNIX,
		    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd == -1)
			return false;
		hand.fd = fd;
	}
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", settings.trace_socket);
	return sendto(hand.fd, b->data, b->len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (struct sockaddr *)&to, sizeof(to)) == (ssize_t)b->len;
}

/* Whoever takes the next piece is told how many; here it is said, too, as there
 * may be nobody. */
static void
hand_lost(int64_t n, const char *reason)
{
	int64_t now = clock_mono_us();

	hand.lost += n;
	metric_add(METRIC_spans, METRIC_AT(METRIC_span_lost), (uint64_t)n);
	if (hand.said_at != 0 && now - hand.said_at < HAND_SAY)
		return;
	hand.said_at = now;
	log_warning("spans are lost, since errand-worker does not take them",
	    LI("spans", hand.lost), LS("reason", reason),
	    LS("socket", settings.trace_socket));
}

void
trace_hand(struct trace_ready *ready)
{
	if (hand.resource.len == 0)
		hand_resource(&hand.resource);
	hand.lost += ready->dropped;
	if (ready->dropped > 0)
		metric_add(METRIC_spans, METRIC_AT(METRIC_span_lost),
		    (uint64_t)ready->dropped);
	hand_fill(&hand.piece, ready);
	if (hand_out(&hand.piece))
		hand.lost = 0;
	else
		hand_lost(ready->n, strerror(errno));
	buf_clear(&ready->spans);
	ready->n = ready->dropped = 0;
}

void
trace_hand_reset(void)
{
	if (hand.fd != -1)
		close(hand.fd);
	buf_free(&hand.resource);
	buf_free(&hand.piece);
	hand = (struct hand){ .fd = -1 };
}
