/* SPDX-License-Identifier: ISC */
/* errandctl tasks: tasks from a shell, as a client of the API. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/uuid.h"
#include "cmd.h"
#include "tasks.h"
#include "tasks_extra.h"

#define LIMIT      50
#define TIMEOUT    30 /* seconds */
#define TEXT_MAX   (1u << 20)
#define ANY        INT32_MAX
#define EVERYWHERE "juTCxi"

/* What can be done, in the order of cmd_tasks.actions: which options it knows
 * beside those of all, how many words, what one is, and whether it is an id. */
static const struct action {
	const char *name;
	const char *options;
	int least, most;
	const char *word;
	bool ids;
	int (*run)(struct tasks *t);
} actions[] = {
	{ "list", "asSnAtBYe", 0, 0, "", false, tasks_list },
	{ "show", "", 1, ANY, "the id of a task", true, tasks_show },
	{ "add", "dse", 1, ANY, "a title", false, tasks_add },
	{ "edit", "tdsmfe", 1, 1, "the id of a task", true, tasks_edit },
	{ "done", "m", 1, ANY, "the id of a task", true, tasks_done },
	{ "delete", "m", 1, ANY, "the id of a task", true, tasks_delete },
	{ "export", "stFoe", 0, 0, "", false, tasks_export },
	{ "import", "FNJv", 1, 1, "a file", false, tasks_import },
	{ "watch", "cWn", 0, 0, "", false, tasks_watch },
	{ "login", "IkO", 0, 0, "", false, tasks_login },
	{ "logout", "", 0, 0, "", false, tasks_logout },
};

static const struct option longs[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "ca-file", required_argument, NULL, 'C' },
	{ "client", required_argument, NULL, 'k' },
	{ "created-by", required_argument, NULL, 'Y' },
	{ "created-from", required_argument, NULL, 'A' },
	{ "created-to", required_argument, NULL, 'B' },
	{ "cursor-file", required_argument, NULL, 'c' },
	{ "description", required_argument, NULL, 'd' },
	{ "dry-run", no_argument, NULL, 'N' },
	{ "extra", required_argument, NULL, 'e' },
	{ "force", no_argument, NULL, 'f' },
	{ "format", required_argument, NULL, 'F' },
	{ "if-match", required_argument, NULL, 'm' },
	{ "insecure", no_argument, NULL, 'i' },
	{ "issuer", required_argument, NULL, 'I' },
	{ "journal", required_argument, NULL, 'J' },
	{ "json", no_argument, NULL, 'j' },
	{ "limit", required_argument, NULL, 'n' },
	{ "output", required_argument, NULL, 'o' },
	{ "scope", required_argument, NULL, 'O' },
	{ "since", required_argument, NULL, 'W' },
	{ "sort", required_argument, NULL, 'S' },
	{ "status", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 'x' },
	{ "title", required_argument, NULL, 't' },
	{ "token-file", required_argument, NULL, 'T' },
	{ "url", required_argument, NULL, 'u' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

static const char *
long_name(int option)
{
	for (size_t i = 0; longs[i].name != NULL; i++) {
		if (longs[i].val == option)
			return longs[i].name;
	}
	return "?";
}

/* Options that are a text. */
static const char **
tasks_text(struct tasks *t, struct api_where *where, int option)
{
	switch (option) {
	case 'C':
		return &where->ca_file;
	case 'T':
		return &where->token_file;
	case 'u':
		return &where->url;
	case 'A':
		return &t->from;
	case 'B':
		return &t->to;
	case 'Y':
		return &t->created_by;
	case 'I':
		return &t->issuer;
	case 'k':
		return &t->client;
	case 'O':
		return &t->scope;
	case 'c':
		return &t->cursor_file;
	case 'W':
		return &t->since;
	case 'd':
		return &t->description;
	case 'F':
		return &t->format;
	case 'J':
		return &t->journal;
	case 'm':
		return &t->if_match;
	case 'o':
		return &t->output;
	case 's':
		return &t->status;
	case 'S':
		return &t->sort;
	case 't':
		return &t->title;
	default:
		return NULL;
	}
}

static int
tasks_take(struct tasks *t, struct api_where *where, int option,
    const char *value)
{
	const char **text = tasks_text(t, where, option), *why;
	int64_t n;

	if (text != NULL) {
		*text = value;
		return CMD_OK;
	}
	switch (option) {
	case 'e':
		why = tasks_extra_take(t, value);
		return why == NULL
			   ? CMD_OK
			   : cmd_misused(&cmd_tasks, "\"%s\": %s", value, why);
	case 'a':
		t->all = true;
		return CMD_OK;
	case 'f':
		t->force = true;
		return CMD_OK;
	case 'i':
		where->open = true;
		return CMD_OK;
	case 'j':
		t->json = true;
		return CMD_OK;
	case 'N':
		t->dry = true;
		return CMD_OK;
	case 'v':
		t->verbose = true;
		return CMD_OK;
	case 'n':
		t->given = true;
		if (str_to_int(value, 1, INT64_MAX, &t->limit) == 0)
			return CMD_OK;
		return cmd_misused(&cmd_tasks, "\"%s\" is no number from 1 on",
		    value);
	case 'x':
		if (str_to_int(value, 1, 3600, &n) == -1)
			return cmd_misused(&cmd_tasks,
			    "the time-out is a number of seconds from 1 to "
			    "3600, and not \"%s\"",
			    value);
		where->timeout_ms = n * 1000;
		return CMD_OK;
	default:
		return cmd_misused(&cmd_tasks, NULL);
	}
}

/* Of a description "-" it is what standard input has, without the end of its
 * last line; *read is to be freed. */
static int
tasks_read_description(struct tasks *t, char **read)
{
	size_t len;

	if (t->description == NULL || !str_eq(t->description, "-"))
		return CMD_OK;
	if (str_read_file("/dev/stdin", TEXT_MAX, read, &len) == -1) {
		fprintf(stderr, API_WHO "standard input: %s\n",
		    strerror(errno));
		return CMD_FAILED;
	}
	if (strlen(*read) != len) {
		fputs(API_WHO "standard input is no text\n", stderr);
		return CMD_FAILED;
	}
	if (len > 0 && (*read)[len - 1] == '\n')
		(*read)[len - 1] = '\0';
	t->description = *read;
	return CMD_OK;
}

/* What the words must be.  CMD_OK, or it was said. */
static int
tasks_judge(const struct tasks *t, const struct action *action)
{
	struct uuid id;

	if (t->nwords > action->most)
		return cmd_misused(&cmd_tasks, "%s takes no \"%s\"",
		    action->name, t->words[action->most]);
	if (t->nwords < action->least)
		return cmd_misused(&cmd_tasks, "%s needs %s", action->name,
		    action->word);
	for (int i = 0; i < t->nwords && action->ids; i++) {
		if (uuid_parse(t->words[i], &id) == -1)
			return cmd_misused(&cmd_tasks, "\"%s\" is no UUID",
			    t->words[i]);
	}
	return CMD_OK;
}

static int
tasks_start(struct tasks *t, struct api_where *where,
    const struct action *action)
{
	char *read = NULL;
	int rc;

	rc = tasks_read_description(t, &read);
	if (rc == CMD_OK) {
		where->nobody =
		    action->run == tasks_login || action->run == tasks_logout;
		rc = api_open(&t->api, where);
		if (rc == CMD_OK)
			rc = action->run(t);
		api_close(&t->api);
	}
	free(read);
	return rc;
}

static int
tasks_run(const struct ctl *ctl, int argc, char **argv)
{
	const struct action *action;
	struct tasks t = { .limit = LIMIT };
	struct api_where where = { .timeout_ms = TIMEOUT * 1000 };
	int c, which;

	(void)ctl; /* the settings are those of the service */
	which = cmd_action(&cmd_tasks, argv[1]);
	if (which == -1)
		return CMD_USAGE;
	action = &actions[which];
	argv[1] = argv[0];
	argc--;
	argv++;
	while ((c = getopt_long(argc, argv, "ad:F:jn:o:s:t:u:v", longs,
		    NULL)) != -1) {
		if (c != '?' && strchr(action->options, c) == NULL &&
		    strchr(EVERYWHERE, c) == NULL)
			return cmd_misused(&cmd_tasks, "%s takes no --%s",
			    action->name, long_name(c));
		if (tasks_take(&t, &where, c, optarg) != CMD_OK)
			return CMD_USAGE;
	}
	t.words = argv + optind;
	t.nwords = argc - optind;
	if (tasks_judge(&t, action) != CMD_OK)
		return CMD_USAGE;
	return tasks_start(&t, &where, action);
}

const struct cmd cmd_tasks = {
	.name = "tasks",
	.summary = "Lists, shows, makes and changes tasks over HTTP",
	.usage =
	    "list | show | add | edit | done | delete | export | import | watch |\n"
	    "       login | logout"
	    "       [OPTION...] [TITLE | ID... | FILE]",
	.options =
	    "  -u, --url URL           the service (default: $ERRAND_URL, else that of\n"
	    "                          the last login)\n"
	    "      --token-file FILE   has the token (default: $ERRAND_TOKEN, "
	    "else the\n"
	    "                          file $ERRAND_TOKEN_FILE, else of the "
	    "login)\n"
	    "      --ca-file FILE      certificates that the service is "
	    "judged by\n"
	    "      --insecure          send the token to another machine by "
	    "plain http\n"
	    "      --timeout SECONDS   of each question (30)\n"
	    "  -j, --json              print JSON for programs\n"
	    "  -s, --status STATUS     list: in this status, several with "
	    "commas; add,\n"
	    "                          edit: the status that it shall have\n"
	    "  -t, --title TEXT        list: titles that contain this; edit: "
	    "the new one\n"
	    "  -d, --description TEXT  add, edit: the description; - reads "
	    "standard input,\n"
	    "                          and edit removes it by \"\"\n"
	    "      --extra NAME=VALUE  add, edit: additional data, edit "
	    "removes it by NAME=;\n"
	    "                          list, export: those that have it\n"
	    "      --created-from TIME, --created-to TIME\n"
	    "                          list: by date or time\n"
	    "      --created-by NAME   list: by this user\n"
	    "      --sort KEY          list: created_at, updated_at, title, "
	    "status; with -\n"
	    "                          before it, the last first "
	    "(-created_at)\n"
	    "  -n, --limit N           list: so many (50); watch: then end\n"
	    "  -a, --all               list: every one\n"
	    "      --if-match TAG      edit, done, delete: only if it is as "
	    "it was then\n"
	    "      --force             edit: put it over what others did "
	    "meanwhile\n"
	    "  -F, --format NAME       export: csv (default), ndjson, json; "
	    "import: these,\n"
	    "                          todoist, taskwarrior, trello, vikunja "
	    "(default: by\n"
	    "                          what the file has)\n"
	    "  -o, --output FILE       export: there (default: standard "
	    "output)\n"
	    "      --dry-run           import: only tell what would become of "
	    "each\n"
	    "  -v, --verbose           import: tell of those that were made, "
	    "too\n"
	    "      --journal FILE      import: where it is noted what was made "
	    "already\n"
	    "      --since CURSOR      watch: from there on (default: now); "
	    "oldest: all\n"
	    "      --cursor-file FILE  watch: go on from what it has, and note "
	    "there how far\n"
	    "                          it is\n"
	    "      --issuer URL        login: where (default: what the service "
	    "names)\n"
	    "      --client NAME       login: as which client (errand-cli)\n"
	    "      --scope SCOPES      login: ask for these\n"
	    "\nWithout --title, --description, --status and --extra, edit "
	    "opens "
	    "$VISUAL or $EDITOR.\n\n"
	    "statuses: pending, in-progress, completed\n"
	    "exit status: 0 done, 1 failed, 2 wrong usage, 3 no such task, 4 "
	    "no right,\n"
	    "5 changed by others meanwhile, 6 no answer\n",
	.actions = (const char *const[]){ "list", "show", "add", "edit", "done",
	    "delete", "export", "import", "watch", "login", "logout", NULL },
	.run = tasks_run,
};
