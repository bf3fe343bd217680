/* SPDX-License-Identifier: ISC */
/* Signatures: tasks that are to be sent later, as Celery writes them down. */
#ifndef CANVAS_OWN_H
#define CANVAS_OWN_H

#include "canvas.h"
#include "text/json_span.h"

#define CANVAS_DEPTH 32                         /* signatures in each other */
#define CANVAS_POSTS 10000                      /* of one plan */
#define CANVAS_BYTES ((size_t)32 * 1024 * 1024) /* of all of them */

enum canvas_type { CANVAS_TASK, CANVAS_GROUP, CANVAS_CHAIN, CANVAS_CHORD };

/* Names and JSON; later ones of a name replace earlier ones. */
struct canvas_options {
	struct canvas_option {
		const char *name, *raw;
	} * v;
	size_t n;
};

struct canvas_sig {
	enum canvas_type type;
	const char *task;
	const char *args;   /* JSON, an array */
	const char *kwargs; /* JSON, an object */
	struct canvas_options options;
	const char *subtask; /* JSON */
	bool immutable;
	struct canvas_sig **tasks; /* of a group or chain */
	size_t n;
	struct canvas_sig *header, *body; /* of a chord */
};

/* --- canvas_sig.c --- */

/* A signature out of JSON, or NULL. */
struct canvas_sig *canvas_read(struct arena *a, const struct json_span *v,
    int depth);
struct canvas_sig *canvas_read_text(struct arena *a, const char *text);

/* A copy of its own, all the way down. */
struct canvas_sig *canvas_copy(struct arena *a, const struct canvas_sig *sig);

/* Its JSON; of several, an array. */
const char *canvas_text(struct arena *a, const struct canvas_sig *sig);
const char *canvas_texts(struct arena *a, struct canvas_sig *const *sigs,
    size_t n);

/* A group or a chord of what is there. */
struct canvas_sig *canvas_make_group(struct arena *a, struct canvas_sig **tasks,
    size_t n);
struct canvas_sig *canvas_make_chord(struct arena *a, struct canvas_sig *header,
    struct canvas_sig *body);

/* JSON of an option, NULL if there is none or it is null. */
const char *canvas_get(const struct canvas_options *o, const char *name);
const char *canvas_get_text(struct arena *a, const struct canvas_options *o,
    const char *name);
void canvas_set(struct arena *a, struct canvas_options *o, const char *name,
    const char *raw);
void canvas_set_text(struct arena *a, struct canvas_options *o,
    const char *name, const char *text);
void canvas_drop(struct canvas_options *o, const char *name);

/* Own options and those of a call: these count, but for what stays. */
struct canvas_options canvas_merge(struct arena *a,
    const struct canvas_options *own, const struct canvas_options *call);

/* The same, but that all of the call count. */
struct canvas_options canvas_merge_all(struct arena *a,
    const struct canvas_options *own, const struct canvas_options *call);

/* Adds what is one signature or an array of them to such an option. */
void canvas_extend(struct arena *a, struct canvas_options *o, const char *name,
    const char *more);

/* What stands between the brackets. */
const char *canvas_inside(struct arena *a, const char *array);

/* Puts arguments, without brackets, before those of the signature, if it may
 * have any. */
void canvas_partial(struct arena *a, struct canvas_sig *sig,
    const char *partial);

/* A JSON string. */
const char *canvas_quote(struct arena *a, const char *text);

/* --- canvas_freeze.c --- */

/* What a signature gets that has nothing of its own; NULL: nothing. */
struct canvas_frozen {
	const char *id, *root, *group, *chord; /* chord is JSON */
	const char *index;
};

/* Gives ids to it and to all in it. */
void canvas_freeze(struct canvas_plan *plan, struct canvas_sig *sig,
    const struct canvas_frozen *f);

/* The tasks of a group, those of groups in it as well. */
size_t canvas_flat(struct arena *a, const struct canvas_sig *group,
    struct canvas_sig ***tasks);

/* How many parts of a chord it is. */
size_t canvas_parts(const struct canvas_sig *sig);

/* What stands in the children of a result for one that is frozen: JSON. */
const char *canvas_tuple(struct arena *a, const struct canvas_sig *sig);

/* A new id, the same one for each plan of one seed. */
const char *canvas_new_id(struct canvas_plan *plan);

/* --- canvas_apply.c --- */

/* Plans to send it: partial are arguments, without brackets; or NULL.  What it
 * is in the children of a result. */
const char *canvas_apply(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call);

/* Room for one more of n elements. */
void *canvas_grow(struct arena *a, void *v, size_t n, size_t each);

#endif
