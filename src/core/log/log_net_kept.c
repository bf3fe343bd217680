/* SPDX-License-Identifier: ISC */
/* The lines that wait for another process, whole and bounded. */
#include "config.h"

#include <string.h>

#include "log_net_own.h"

uint32_t
log_net_size(const struct log_net *net, size_t i)
{
	uint32_t size = 0;

	if (i < net->sizes.len / sizeof(size))
		memcpy(&size, net->sizes.data + i * sizeof(size), sizeof(size));
	return size;
}

void
log_net_cut(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len);
	b->data[b->len] = '\0';
	if (b->len == 0)
		buf_clear(b);
}

uint64_t
log_net_remove(struct log_net *net, size_t len)
{
	size_t done = 0, n = 0, size;
	uint64_t lines = 0;

	for (;; n++) {
		size = log_net_size(net, n) & ~LOG_NET_MORE;
		if (size == 0 || done + size > len)
			break;
		done += size;
		lines += (log_net_size(net, n) & LOG_NET_MORE) == 0;
	}
	log_net_cut(&net->data, done);
	log_net_cut(&net->sizes, n * sizeof(uint32_t));
	net->sent -= done < net->sent ? done : net->sent;
	return lines;
}

void
log_net_arrived(struct log_net *net, size_t len)
{
	if (log_net_remove(net, len) == 0)
		return;
	net->mute_at = clock_mono_us() + NET_MUTE;
	net->tries = 0;
	net->useful = true;
	net->back = net->down_said;
	net->down = false;
}
