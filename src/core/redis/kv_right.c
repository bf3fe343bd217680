/* SPDX-License-Identifier: ISC */
/* Which right of its user a server says is missing, or which key is of another
 * type than we need. */
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

/* Inside of a script Redis names the line, not the command: what stands behind
 * such a word there, or NULL. */
static const char *
right_of_line(const char *script, const char *reason, const char *word)
{
	const char *at = strstr(reason, "@user_script:"), *found;
	long line;

	if (at == NULL)
		return NULL;
	line = strtol(at + strlen("@user_script:"), NULL, 10);
	for (; line > 1 && script != NULL; line--) {
		script = strchr(script, '\n');
		script = script == NULL ? NULL : script + 1;
	}
	if (script == NULL || line != 1)
		return NULL;
	found = strstr(script, word);
	return found == NULL || found >= script + strcspn(script, "\n")
		   ? NULL
		   : found + strlen(word);
}

bool
kv_note_right(struct kv *kv, const char *reason, const char *script)
{
	const char *command = strstr(reason, "run the '");
	const char *call = right_of_line(script, reason, "call('");

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
		 (call == NULL || !right_command(call, kv->right)))
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

const char *
kv_note_key(struct kv *kv, const char *reason, const char *script,
    const struct kv_word *keys, size_t nkeys)
{
	const char *open = strrchr(reason, '('), *at;
	size_t len = strlen(reason);
	long i = 1;

	if (strstr(reason, "WRONGTYPE") == NULL)
		return NULL;
	kv->odd_at = clock_mono_us();
	if (open != NULL && reason[len - 1] == ')') {
		/* Our scripts say it. */
		snprintf(kv->odd, sizeof(kv->odd), "%.*s",
		    (int)(reason + len - 1 - (open + 1)), open + 1);
		return kv->odd;
	}
	if (script != NULL) {
		at = right_of_line(script, reason, "KEYS[");
		i = at == NULL ? 0 : strtol(at, NULL, 10);
	}
	if (i < 1 || (size_t)i > nkeys)
		snprintf(kv->odd, sizeof(kv->odd), "not known");
	else
		snprintf(kv->odd, sizeof(kv->odd), "%.*s", (int)keys[i - 1].len,
		    keys[i - 1].data);
	return kv->odd;
}

const char *
kv_odd_key(const struct kv *kv)
{
	return kv->odd_at == 0 || clock_mono_us() - kv->odd_at > RIGHT_US
		   ? NULL
		   : kv->odd;
}
