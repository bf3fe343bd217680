/* SPDX-License-Identifier: ISC */
/* What is to be done when a task has ended that stands in a canvas of Celery's:
 * link, link_error, chain, group, chord.  Nothing here talks to a broker. */
#ifndef CANVAS_H
#define CANVAS_H

#include "celery.h"

/* How it has ended.  The message says what follows from that. */
struct canvas_end {
	const struct celery_message *m;
	enum celery_state state; /* final */
	const char *value;       /* of CELERY_SUCCESS: as in celery_result */
	const char *exc_type, *exc_module, *message; /* else: the same */
	const char *seed; /* what is new gets ids that follow from this text:
			   * the same plan made again has the same ids */
};

/* A message to be sent, and where the canvas says that it goes; NULL: it does
 * not. */
struct canvas_post {
	struct celery_message m;
	const char *queue, *exchange, *key;
};

/* Before anything is sent: so many parts a chord has. */
struct canvas_size {
	const char *group;
	size_t n;
};

/* The result of one that is not sent any more. */
struct canvas_result {
	const char *id;
	const char *text; /* as celery_result_format writes it */
};

/* A part of a chord has ended. */
struct canvas_part {
	const char *group, *id;
	const char *index; /* its place, a number, or "+inf" */
	const char *text;  /* what the others of the chord are told */
	const char *chord; /* the body, JSON */
	const char *root;
	bool complete; /* for who counts it: it was the last */
};

/* All of that, in the arena. */
struct canvas_plan {
	struct arena *arena;
	const char *seed;
	struct canvas_post *posts;
	struct canvas_size *sizes;
	struct canvas_result *results;
	struct canvas_part *parts;
	size_t nposts, nsizes, nresults, nparts;
	const char *children; /* of the result: JSON, an array */

	/* Within. */
	unsigned ids;
	size_t bytes;
	const char *why; /* what has been found that cannot be done */
};

/* True if something follows from the end of the task. */
bool canvas_is(const struct celery_message *m) MUSTCHECK;

/* NULL, or why what follows cannot be read, as a constant sentence. */
const char *canvas_check(struct arena *a, const struct celery_message *m)
    MUSTCHECK;

/* Plans what follows.  What cannot be sent, as it is too large, is planned to
 * fail, with all that would have followed from it. */
void canvas_end(struct arena *a, const struct canvas_end *end,
    struct canvas_plan *plan);

/* Adds what follows when all parts of a chord have ended: texts are theirs,
 * in order.  Where they are nested, value has what the body gets, else NULL. */
void canvas_chord(struct canvas_plan *plan, const struct canvas_part *part,
    const char *const *texts, size_t n, const char *value);

/* Adds: the chord of that part cannot be joined, for that reason. */
void canvas_chord_failed(struct canvas_plan *plan,
    const struct canvas_part *part, const char *why);

#endif
