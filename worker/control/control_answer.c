/* SPDX-License-Identifier: ISC */
/* Answers that are nothing but a sentence. */
#include "config.h"

#include "control_own.h"

static void
control_sentence(struct json_write *w, const char *name, const char *sentence)
{
	json_open_object(w, NULL);
	json_put_text(w, name, sentence);
	json_close_object(w);
}

void
control_ok(struct json_write *w, const char *sentence)
{
	control_sentence(w, "ok", sentence);
}

void
control_error(struct json_write *w, const char *sentence)
{
	control_sentence(w, "error", sentence);
}
