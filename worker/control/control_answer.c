/* SPDX-License-Identifier: ISC */
/* Answers that are nothing but a sentence. */
#include "config.h"

#include "control_own.h"
#include "text/json.h"

void
control_ok(struct buf *b, const char *sentence)
{
	buf_adds(b, "{\"ok\": ");
	json_add_cstring(b, sentence);
	buf_addc(b, '}');
}

void
control_error(struct buf *b, const char *sentence)
{
	buf_adds(b, "{\"error\": ");
	json_add_cstring(b, sentence);
	buf_addc(b, '}');
}
