/* SPDX-License-Identifier: ISC */
/* errandctl migrate: brings the database schema to this release, by sqitch. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "migrate.h"
#include "setup/setup.h"

#define SAY "errandctl migrate: "

struct migrate {
	const char *action;
	const char *target; /* connection string, or NULL: the settings' */
	const char *to;     /* change, or NULL: all */
	const char *sql;    /* folder of the plan */
	const char *uri;    /* sqitch's name for the database */
	bool yes;
	bool psql;
};

static int
migrate_sqitch(const struct migrate *m)
{
	struct words w = { 0 };
	int rc;

	/* Signs the register where the account itself has no name. */
	if (setenv("SQITCH_FULLNAME", "errandctl", 0) == -1 ||
	    setenv("SQITCH_EMAIL", "errand@localhost", 0) == -1) {
		perror(SAY "environment");
		return -1;
	}
	words_add(&w, "sqitch");
	words_add(&w, m->action);
	if (m->to != NULL) {
		words_add(&w, "--to-change");
		words_add(&w, m->to);
	}
	/* Each is whole by itself: what has gone well stays. */
	if (str_eq(m->action, "deploy")) {
		words_add(&w, "--mode");
		words_add(&w, "change");
	}
	if (m->yes)
		words_add(&w, "-y");
	words_add(&w, "--target");
	words_add(&w, m->uri);
	rc = migrate_exec(&w, "sqitch libdbd-pg-perl (or see --psql)");
	words_free(&w);
	return rc;
}

/* Returns only if something is wrong. */
static int
migrate_become(const void *arg)
{
	const struct migrate *m = arg;

	return m->psql ? migrate_psql(m->action) : migrate_sqitch(m);
}

/* The exit status, or -1 if nothing was begun. */
static int
migrate_go(const struct migrate *m)
{
	if (!str_eq(m->action, "deploy") && !str_eq(m->action, "revert"))
		return migrate_become(m);
	if (str_eq(m->action, "deploy") && migrate_fits(m->psql) == -1)
		return -1;
	return migrate_watch(migrate_become, m);
}

/* The exit status. */
static int
migrate_start(struct migrate *m)
{
	const char *conninfo = settings.database_conninfo, *password = "";
	struct buf uri = { 0 };
	int rc = -1;

	if (chdir(m->sql) == -1 || access("sqitch.plan", R_OK) == -1) {
		fprintf(stderr,
		    SAY "%s/sqitch.plan: %s; name its folder by "
			"--sql\n",
		    m->sql, strerror(errno));
		return CMD_FAILED;
	}
	if (m->target != NULL)
		conninfo = m->target;
	else
		password = settings.database_password;
	if (migrate_environment(conninfo, password, &uri) == 0) {
		m->uri = uri.data;
		rc = migrate_go(m);
	}
	if (rc == -1)
		fputs(SAY "nothing was changed\n", stderr);
	buf_free(&uri);
	return rc == -1 ? CMD_FAILED : rc;
}

/* Options to *m.  0 or -1. */
static int
migrate_options(struct migrate *m, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "psql", no_argument, NULL, 'p' },
		{ "sql", required_argument, NULL, 's' },
		{ "target", required_argument, NULL, 't' },
		{ "to", required_argument, NULL, 'T' },
		{ "yes", no_argument, NULL, 'y' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "ps:t:y", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			m->psql = true;
			break;
		case 's':
			m->sql = optarg;
			break;
		case 't':
			m->target = optarg;
			break;
		case 'T':
			m->to = optarg;
			break;
		case 'y':
			m->yes = true;
			break;
		default:
			return -1;
		}
	}
	return 0;
}

/* What is wrong with the options together, or NULL. */
static const char *
migrate_judge(const struct migrate *m)
{
	if (m->psql &&
	    ((!str_eq(m->action, "deploy") && !str_eq(m->action, "verify")) ||
		m->to != NULL))
		return "--psql can only deploy and verify, and only "
		       "everything";
	if (m->to != NULL && str_eq(m->action, "status"))
		return "status takes no --to";
	if (m->yes && !str_eq(m->action, "revert"))
		return "--yes is for revert";
	/* sqitch itself would take that for a yes. */
	if (str_eq(m->action, "revert") && !m->yes && !isatty(STDIN_FILENO))
		return "revert deletes data, and there is nobody to ask; see "
		       "--yes";
	return NULL;
}

static int
migrate_run(const struct ctl *ctl, int argc, char **argv)
{
	struct migrate m = { .action = "deploy", .sql = getenv("ERRAND_SQL") };
	const char *why;
	int rc;

	if (migrate_options(&m, argc, argv) == -1)
		return cmd_misused(&cmd_migrate, NULL);
	if (argc - optind > 1)
		return cmd_misused(&cmd_migrate, "it takes one action");
	if (optind < argc)
		m.action = argv[optind];
	if (m.sql == NULL || m.sql[0] == '\0')
		m.sql = PKGDATADIR "/sql";
	if (cmd_action(&cmd_migrate, m.action) == -1)
		return CMD_USAGE;
	why = migrate_judge(&m);
	if (why != NULL)
		return cmd_misused(&cmd_migrate, "%s", why);
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	rc = migrate_start(&m);
	conf_free();
	return rc;
}

const struct cmd cmd_migrate = {
	.name = "migrate",
	.summary = "Brings the database schema to this release",
	.usage = "[deploy | revert | status | verify] [OPTION ...]",
	.options =
	    "  -t, --target CONNINFO  another database than [database] "
	    "conninfo\n"
	    "      --to CHANGE        no further than this change\n"
	    "  -s, --sql DIR          folder of the plan (default: "
	    "$ERRAND_SQL, else\n"
	    "                         " PKGDATADIR "/sql)\n"
	    "  -y, --yes              revert without asking\n"
	    "  -p, --psql             without sqitch: deploy into an empty "
	    "database\n"
	    "                         (again, if that failed half way), or "
	    "verify\n",
	.actions = (const char *const[]){ "deploy", "revert", "status",
	    "verify", NULL },
	.run = migrate_run,
};
