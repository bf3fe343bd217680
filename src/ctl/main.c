/* SPDX-License-Identifier: ISC */
/* errandctl: finds the command and runs it. */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "text/near.h"

#define NAME "errandctl"

static const struct cmd *const cmds[] = { &cmd_cache, &cmd_config, &cmd_health,
	&cmd_jobs, &cmd_log, &cmd_migrate, &cmd_setup, &cmd_tasks, &cmd_token,
	&cmd_top };

static void
help(FILE *out)
{
	size_t i;

	fputs("usage: " NAME " [-c FILE] COMMAND ...\n\n"
	      "  -c, --config FILE  settings (default: $ERRAND_CONFIG, else\n"
	      "                     " CONF_DEFAULT_FILE ")\n"
	      "  -h, --help         this text; behind a command, that "
	      "command's\n"
	      "  -V, --version      the version\n\n"
	      "commands:\n",
	    out);
	for (i = 0; i < NELEM(cmds); i++)
		fprintf(out, "  %-8s  %s\n", cmds[i]->name, cmds[i]->summary);
	fputs("\n\"" NAME " help COMMAND\" tells more about one.  "
	      "See " NAME "(1).\n",
	    out);
}

static int
cmd_help(const struct cmd *cmd)
{
	printf("usage: " NAME " [-c FILE] %s %s\n%s.\n", cmd->name, cmd->usage,
	    cmd->summary);
	if (cmd->options[0] != '\0')
		printf("\n%s", cmd->options);
	return CMD_OK;
}

static const struct cmd *
find(const char *name)
{
	struct near near;
	size_t i;

	near_init(&near, name);
	for (i = 0; i < NELEM(cmds); i++) {
		if (str_eq(cmds[i]->name, name))
			return cmds[i];
		near_offer(&near, cmds[i]->name);
	}
	near_offer(&near, "help");
	fprintf(stderr, NAME ": there is no command \"%s\"", name);
	if (near_best(&near) != NULL)
		fprintf(stderr, "; did you mean %s?\n", near_best(&near));
	else
		fprintf(stderr, "\nTry \"" NAME " --help\".\n");
	return NULL;
}

/* The long options that a text has, a line each. */
static void
print_options(const char *text)
{
	while ((text = strstr(text, "--")) != NULL) {
		size_t n = 2 + strspn(text + 2, "abcdefghijklmnopqrstuvwxyz-");

		if (n > 2)
			printf("%.*s\n", (int)n, text);
		text += n;
	}
}

/* What may stand behind errandctl, or behind a command: for the completion of
 * shells, which are told nothing about a command that there is not. */
static int
run_words(const char *name)
{
	for (size_t i = 0; i < NELEM(cmds); i++) {
		if (name == NULL)
			puts(cmds[i]->name);
		else if (str_eq(cmds[i]->name, name)) {
			for (int k = 0; cmds[i]->actions != NULL &&
					cmds[i]->actions[k] != NULL;
			     k++)
				puts(cmds[i]->actions[k]);
			print_options(cmds[i]->usage);
			print_options(cmds[i]->options);
			puts("--help");
		}
	}
	if (name == NULL)
		puts("help\n--config\n--help\n--version");
	return CMD_OK;
}

/* errandctl help [COMMAND [ACTION]]; argv[0] is "help". */
static int
run_help(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc > 1 && argc <= 3 && str_eq(argv[1], "--words"))
		return run_words(argv[2]);
	if (argc == 1) {
		help(stdout);
		return CMD_OK;
	}
	cmd = find(argv[1]);
	if (cmd == NULL)
		return CMD_USAGE;
	if (argc > 3 || (argc == 3 && cmd->actions == NULL)) {
		fprintf(stderr, NAME ": help %s takes no \"%s\"\n", cmd->name,
		    argv[argc - 1]);
		return CMD_USAGE;
	}
	if (argc == 3 && cmd_action(cmd, argv[2]) == -1)
		return CMD_USAGE;
	return cmd_help(cmd);
}

/* argv[0] is the command's name. */
static int
run(const struct ctl *ctl, int argc, char **argv)
{
	const struct cmd *cmd;
	static char name[64];
	int i;

	if (str_eq(argv[0], "help"))
		return run_help(argc, argv);
	cmd = find(argv[0]);
	if (cmd == NULL)
		return CMD_USAGE;
	for (i = 1; i < argc && !str_eq(argv[i], "--"); i++) {
		if (str_eq(argv[i], "-h") || str_eq(argv[i], "--help"))
			return cmd_help(cmd);
	}
	snprintf(name, sizeof(name), NAME " %s", cmd->name);
	argv[0] = name;
	optind = 0; /* getopt_long starts anew */
	return cmd->run(ctl, argc, argv);
}

/* What was printed must have arrived, such as in a file on a full disk. */
static int
finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror(NAME ": standard output");
	return status == CMD_OK ? CMD_FAILED : status;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct ctl ctl = { 0 };
	int c;

	/* Who hangs up on us is told of as an error, and does not end us. */
	signal(SIGPIPE, SIG_IGN);
	while ((c = getopt_long(argc, argv, "+c:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			ctl.conf = optarg;
			break;
		case 'h':
			help(stdout);
			return finish(CMD_OK);
		case 'V':
			puts("errand " PACKAGE_VERSION);
			return finish(CMD_OK);
		default:
			fprintf(stderr, "Try \"" NAME " --help\".\n");
			return CMD_USAGE;
		}
	}
	if (optind == argc) {
		help(stderr);
		return CMD_USAGE;
	}
	return finish(run(&ctl, argc - optind, argv + optind));
}
