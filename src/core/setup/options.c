/* SPDX-License-Identifier: ISC */
/* The command line of errand.fcgi and errand-worker. */
#include "config.h"

#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define MODES_MAX 8
#define MODE      256 /* what getopt_long returns for the first mode */

static NORETURN void
options_misused(const struct options_program *program)
{
	fputs(program->usage, stderr);
	exit(2);
}

/* Adds the mode with that index. */
static void
options_mode(const struct options_program *program, int i, struct options *o)
{
	const struct options_mode *modes = program->modes;
	int before = 0;

	if (o->mode != 0 && o->mode != modes[i].value) {
		while (modes[before].value != o->mode)
			before++;
		fprintf(stderr, "%s: --%s and --%s exclude each other\n",
		    program->name, modes[before].name, modes[i].name);
		options_misused(program);
	}
	o->mode = modes[i].value;
}

void
options_read(const struct options_program *program, int argc, char **argv,
    struct options *o)
{
	struct option longs[4 + MODES_MAX + 1] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
	};
	const struct options_mode *modes = program->modes;
	int c, i;

	for (i = 0; modes[i].name != NULL; i++) {
		assert(i < MODES_MAX);
		longs[4 + i] = (struct option){ modes[i].name, no_argument,
			NULL, MODE + i };
	}
	*o = (struct options){ 0 };
	while ((c = getopt_long(argc, argv, "c:thV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 't':
			o->check = true;
			break;
		case 'h':
			fputs(program->usage, stdout);
			exit(0);
		case 'V':
			puts("errand " PACKAGE_VERSION);
			exit(0);
		case '?':
			options_misused(program);
		default:
			options_mode(program, c - MODE, o);
		}
	}
	if (optind < argc)
		options_misused(program);
}
