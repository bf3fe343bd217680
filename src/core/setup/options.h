/* SPDX-License-Identifier: ISC */
/* The command line of a daemon: -c, -t, -h, -V, and one mode. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/base.h"

/* A long option without an argument.  Of all modes one at most can be given. */
struct options_mode {
	const char *name; /* without the two dashes */
	int value;        /* not 0 */
};

struct options_program {
	const char *name;
	const char *usage;                /* what --help prints */
	const struct options_mode *modes; /* up to a row without a name */
};

struct options {
	const char *config; /* -c FILE; NULL: see setup_load */
	bool check;         /* -t: only check the settings */
	int mode;           /* value of the mode that was given, or 0 */
};

/* Reads the command line.  --help and --version are answered with status 0 and
 * a mistake with status 2, without a return. */
void options_read(const struct options_program *program, int argc, char **argv,
    struct options *o);

#endif
