/* SPDX-License-Identifier: ISC */
/* Where errandctl keeps what a user's later commands need. */
#include "config.h"

#include "state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "base/buf.h"
#include "who.h"

/* Makes the folder and those above it that are missing. */
static int
state_folder(char *path)
{
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) == -1 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return 0;
}

char *
state_file(const char *name, bool make)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct buf b = { 0 };

	if (state != NULL && state[0] == '/') {
		buf_printf(&b, "%s/errand/%s", state, name);
	} else if (home != NULL && home[0] == '/') {
		buf_printf(&b, "%s/.local/state/errand/%s", home, name);
	} else {
		if (make)
			fputs(API_WHO
			    "neither XDG_STATE_HOME nor HOME is set\n",
			    stderr);
		return NULL;
	}
	if (!make || state_folder(b.data) == 0)
		return b.data;
	fprintf(stderr, API_WHO "%s: %s\n", b.data, strerror(errno));
	buf_free(&b);
	return NULL;
}
