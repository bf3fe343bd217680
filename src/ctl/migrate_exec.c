/* SPDX-License-Identifier: ISC */
/* Command lines, and becoming another program. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "migrate.h"

void
words_add(struct words *w, const char *word)
{
	w->v = xrealloc(w->v, (w->n + 2) * sizeof(*w->v));
	w->v[w->n++] = xstrdup(word);
	w->v[w->n] = NULL;
}

void
words_free(struct words *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	*w = (struct words){ 0 };
}

int
migrate_exec(const struct words *w, const char *packages)
{
	signal(SIGPIPE,
	    SIG_DFL); /* what is ignored stays so in a new program */
	execvp(w->v[0], w->v);
	if (errno == ENOENT)
		fprintf(stderr,
		    "errandctl migrate: %s is not installed; on "
		    "Debian: apt-get install %s\n",
		    w->v[0], packages);
	else
		fprintf(stderr, "errandctl migrate: %s: %s\n", w->v[0],
		    strerror(errno));
	return -1;
}
