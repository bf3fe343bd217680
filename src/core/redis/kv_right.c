/* SPDX-License-Identifier: ISC */
/* Which right of its user a server says is missing. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kv.h"
#include "redis_own.h"

#define RIGHT_US (60 * CLOCK_SECOND)

/* The name of a command at text, up to a quote; false if there is none. */
static bool
right_command(const char *text, char right[KV_RIGHT])
{
	size_t len = strcspn(text, "'");
	char name[KV_RIGHT - sizeof("run ")];

	if (text[len] == '\0' || len == 0 || len >= sizeof(name))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && text[i] != '|')
			return false;
		name[i] = (char)tolower((unsigned char)text[i]);
	}
	name[len] = '\0';
	snprintf(right, KV_RIGHT, "run %s", name);
	return true;
}

/* Inside of a script Redis names the line, not the command. */
static bool
right_of_line(const char *script, const char *reason, char right[KV_RIGHT])
{
	const char *at = strstr(reason, "@user_script:");
	const char *end, *call;
	long line;

	if (at == NULL)
		return false;
	line = strtol(at + strlen("@user_script:"), NULL, 10);
	for (; line > 1 && script != NULL; line--) {
		script = strchr(script, '\n');
		script = script == NULL ? NULL : script + 1;
	}
	if (script == NULL || line != 1)
		return false;
	end = script + strcspn(script, "\n");
	call = strstr(script, "call('");
	return call != NULL && call < end &&
	       right_command(call + strlen("call('"), right);
}

bool
kv_note_right(struct kv *kv, const char *reason, const char *script)
{
	const char *command = strstr(reason, "run the '");

	if (strncmp(reason, "NOPERM", 6) != 0 &&
	    strstr(reason, "user executing the script can't") == NULL)
		return false;
	if (strstr(reason, "channel") != NULL)
		snprintf(kv->right, sizeof(kv->right), "use its channels");
	else if (strstr(reason, "keys") != NULL)
		snprintf(kv->right, sizeof(kv->right), "use its keys");
	else if ((command == NULL ||
		     !right_command(command + strlen("run the '"),
			 kv->right)) &&
		 (script == NULL || !right_of_line(script, reason, kv->right)))
		snprintf(kv->right, sizeof(kv->right), "run a command");
	kv->right_at = clock_mono_us();
	return true;
}

const char *
kv_missing_right(const struct kv *kv)
{
	return kv->right_at == 0 || clock_mono_us() - kv->right_at > RIGHT_US
		   ? NULL
		   : kv->right;
}
