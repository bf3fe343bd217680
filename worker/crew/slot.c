/* SPDX-License-Identifier: ISC */
/* Memory that the parent and its children share. */
#include "config.h"

#include "slot.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/str.h"

struct slot *
slot_table(void)
{
	void *table = mmap(NULL, SLOT_MAX * sizeof(struct slot),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return table == MAP_FAILED ? NULL : table;
}

size_t
slot_tags(struct arena *a, const struct slot *s, const char *tags[QUEUE_MOST])
{
	size_t more = s->more, n = 0;
	const char *first;

	if (s->tag[0] == '\0')
		return 0;
	first = arena_strdup(a, s->tag);
	while (n < QUEUE_MOST && n <= more) {
		tags[n] = queue_tag_of(a, first, n);
		n++;
	}
	return n;
}

void
slot_text(char out[SLOT_TEXT], const char *text)
{
	size_t len = str_utf8_cut(text, strlen(text), SLOT_TEXT - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

static void
slot_copy(char to[SLOT_TEXT], const char from[SLOT_TEXT])
{
	memcpy(to, from, SLOT_TEXT);
	to[SLOT_TEXT - 1] = '\0';
}

/* What is the same before and after was so in between. */
bool
slot_job(const struct slot *s, struct slot_job *job)
{
	job->pid = s->pid;
	job->run = s->taken;
	if (job->pid == 0 || !s->busy)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	slot_copy(job->id, s->id);
	slot_copy(job->kind, s->kind);
	slot_copy(job->queue, s->queue);
	slot_copy(job->args, s->args);
	slot_copy(job->kwargs, s->kwargs);
	job->job = s->job;
	job->started = s->started;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return s->busy && s->pid == job->pid && s->taken == job->run;
}
