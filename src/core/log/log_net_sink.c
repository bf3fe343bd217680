/* SPDX-License-Identifier: ISC */
/* What sinks have in common that hand all they take to a struct log_net. */
#include "config.h"

#include <stddef.h>

#include "log_net.h"

#define STOP 250 /* ms for the last lines */

bool
log_net_sink_take(struct log_sink *s, const struct buf *message)
{
	const uint32_t size = (uint32_t)message->len;

	return log_net_add(s->own, message->data, &size, 1);
}

int
log_net_sink_follow(struct log_sink *s, bool force)
{
	if (s->own != NULL && force)
		log_net_retry(s->own);
	return 0;
}

void
log_net_sink_flush(struct log_sink *s)
{
	if (s->own != NULL)
		log_net_flush(s->own);
}

int64_t
log_net_sink_chores(const struct log_sink *s, int64_t now)
{
	return s->own == NULL ? -1 : log_net_chores(s->own, now);
}

bool
log_net_sink_news(struct log_sink *s, struct log_news *news)
{
	return s->own != NULL && log_net_news(s->own, news);
}

void
log_net_sink_finish(struct log_sink *s)
{
	if (s->own != NULL)
		log_net_finish(s->own, STOP);
}

void
log_net_sink_forget(struct log_sink *s)
{
	if (s->own != NULL)
		log_net_forget(s->own);
}

void
log_net_sink_close(struct log_sink *s)
{
	log_net_free(s->own);
	s->own = NULL;
	s->place = NULL;
	s->level = -1;
}
