/* SPDX-License-Identifier: ISC */
/* errandctl setup: makes the role and the database of the settings where there
 * are none, and brings the schema to this release. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cmd.h"
#include "conf/conf.h"
#include "setup/setup.h"

#define SAY "errandctl setup: "

/* Whose connections PostgreSQL takes, and what shall be there for them. */
struct place {
	const char *service; /* account that Errand runs as */
	const char
	    *superuser; /* account and role of PostgreSQL's administrator */
	bool print;     /* show the statements, change nothing */
	bool psql;      /* see errandctl migrate */
	/* of the connection string, "" where it does not say */
	char host[256], port[16], role[64], database[64];
};

/* Adds s as an identifier of SQL. */
static void
add_name(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_addc(b, '"');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static void
add_role(struct buf *b, const struct place *p)
{
	buf_adds(b, "CREATE ROLE ");
	add_name(b, p->role);
	buf_adds(b, " LOGIN");
}

/* Any letter is found and sorted whatever the server's own locale. */
static void
add_database(struct buf *b, const struct place *p)
{
	buf_adds(b, "CREATE DATABASE ");
	add_name(b, p->database);
	buf_adds(b, " OWNER ");
	add_name(b, p->role);
	buf_adds(b, " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'");
}

static int
place_read_option(struct place *p, const PQconninfoOption *o)
{
	const struct {
		const char *keyword;
		char *to;
		size_t size;
	} wanted[] = {
		{ "host", p->host, sizeof(p->host) },
		{ "port", p->port, sizeof(p->port) },
		{ "user", p->role, sizeof(p->role) },
		{ "dbname", p->database, sizeof(p->database) },
	};

	for (size_t i = 0; i < NELEM(wanted); i++) {
		if (o->val == NULL || !str_eq(o->keyword, wanted[i].keyword))
			continue;
		if (strlen(o->val) >= wanted[i].size) {
			fprintf(stderr,
			    SAY "%s in [database] conninfo is too "
				"long\n",
			    o->keyword);
			return -1;
		}
		memcpy(wanted[i].to, o->val, strlen(o->val) + 1);
	}
	return 0;
}

/* What [database] says, and libpq's rules for what it does not. */
static int
place_read(struct place *p)
{
	PQconninfoOption *options =
	    PQconninfoParse(settings.database_conninfo, NULL);
	PQconninfoOption *o;
	int rc = 0;

	if (options == NULL) { /* it was judged with the other settings */
		fputs(SAY "out of memory\n", stderr);
		return -1;
	}
	for (o = options; o->keyword != NULL && rc == 0; o++)
		rc = place_read_option(p, o);
	PQconninfoFree(options);
	if (rc == 0 && strlen(p->service) >= sizeof(p->role)) {
		fprintf(stderr, SAY "the name of the account is too long\n");
		return -1;
	}
	if (p->role[0] == '\0')
		snprintf(p->role, sizeof(p->role), "%s", p->service);
	if (p->database[0] == '\0')
		snprintf(p->database, sizeof(p->database), "%s", p->role);
	return rc;
}

/* True if the server is one that we can reach over its socket. */
static bool
place_is_here(const struct place *p)
{
	static const char *const here[] = { "", "localhost", "127.0.0.1",
		"::1" };

	for (size_t i = 0; i < NELEM(here); i++)
		if (str_eq(p->host, here[i]))
			return true;
	return p->host[0] == '/';
}

static void
place_print(const struct place *p)
{
	struct buf b = { 0 };

	add_role(&b, p);
	buf_adds(&b, ";\n");
	add_database(&b, p);
	printf("%s;\n", b.data);
	buf_free(&b);
}

/* Becomes that account, where we are root. */
static int
become(const char *account)
{
	const struct passwd *who;

	if (geteuid() != 0)
		return 0;
	errno = 0;
	who = getpwnam(account);
	if (who == NULL) {
		fprintf(stderr, SAY "there is no user %s%s\n", account,
		    str_eq(account, "errand") ? ": run systemd-sysusers" : "");
		return -1;
	}
	if (initgroups(account, who->pw_gid) == -1 ||
	    setgid(who->pw_gid) == -1 || setuid(who->pw_uid) == -1 ||
	    setenv("HOME", who->pw_dir, 1) == -1 ||
	    setenv("USER", account, 1) == -1 ||
	    setenv("LOGNAME", account, 1) == -1 || chdir("/") == -1) {
		fprintf(stderr, SAY "becoming %s: %s\n", account,
		    strerror(errno));
		return -1;
	}
	return 0;
}

static PGconn *
reach(const struct place *p)
{
	const char *const keys[] = { "host", "port", "user", "dbname",
		"connect_timeout", "options", "application_name", NULL };
	const char *const values[] = { p->host[0] == '/' ? p->host : NULL,
		p->port[0] == '\0' ? NULL : p->port, p->superuser, "postgres",
		"10", "-c statement_timeout=60s", "errandctl", NULL };
	PGconn *conn = PQconnectdbParams(keys, values, 0);

	if (PQstatus(conn) == CONNECTION_OK)
		return conn;
	fprintf(stderr, SAY "as %s: %s", p->superuser, PQerrorMessage(conn));
	fputs(SAY "this is for the machine that PostgreSQL runs on, as root; "
		  "elsewhere see --print\n",
	    stderr);
	PQfinish(conn);
	return NULL;
}

/* 1 if the query finds a row for that name, 0 if not; -1: said so. */
static int
is_there(PGconn *conn, const char *query, const char *name)
{
	PGresult *r = PQexecParams(conn, query, 1, NULL, &name, NULL, NULL, 0);
	int rc = PQresultStatus(r) == PGRES_TUPLES_OK ? PQntuples(r) > 0 : -1;

	if (rc == -1)
		fprintf(stderr, SAY "%s", PQerrorMessage(conn));
	PQclear(r);
	return rc;
}

/* Runs the statement unless that is there already, and says which. */
static int
make(PGconn *conn, const char *what, const char *name, const char *query,
    const struct buf *statement)
{
	int rc = is_there(conn, query, name);
	PGresult *r;

	if (rc == 1)
		printf("%s %s: there already\n", what, name);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	r = PQexec(conn, statement->data);
	if (PQresultStatus(r) == PGRES_COMMAND_OK)
		printf("%s %s: created\n", what, name);
	else {
		fprintf(stderr, SAY "%s %s: %s", what, name,
		    PQerrorMessage(conn));
		rc = -1;
	}
	PQclear(r);
	return rc;
}

/* Only the hash of a password is sent, which may get into a log. */
static int
add_password(PGconn *conn, struct buf *b, const struct place *p)
{
	char *hash, *text = NULL;

	if (settings.database_password[0] == '\0')
		return 0;
	hash = PQencryptPasswordConn(conn, settings.database_password, p->role,
	    NULL);
	if (hash != NULL)
		text = PQescapeLiteral(conn, hash, strlen(hash));
	if (text != NULL)
		buf_printf(b, " PASSWORD %s", text);
	else
		fprintf(stderr, SAY "the password: %s", PQerrorMessage(conn));
	PQfreemem(text);
	PQfreemem(hash);
	return text == NULL ? -1 : 0;
}

/* As the administrator of PostgreSQL. */
static int
setup_database(const struct place *p)
{
	struct buf role = { 0 }, database = { 0 };
	PGconn *conn = reach(p);
	int rc = -1;

	if (conn == NULL)
		return -1;
	add_role(&role, p);
	add_database(&database, p);
	if (add_password(conn, &role, p) == 0 &&
	    make(conn, "role", p->role,
		"SELECT FROM pg_roles WHERE rolname = $1", &role) == 0)
		rc = make(conn, "database", p->database,
		    "SELECT FROM pg_database WHERE datname = $1", &database);
	buf_free(&role);
	buf_free(&database);
	PQfinish(conn);
	return rc;
}

/* Runs one of both in a process of its own, as that account.  migrate NULL: the
 * database.  0 or -1. */
static int
run_as(const char *account, const struct place *p, const struct ctl *migrate)
{
	char *argv[] = { xstrdup("errandctl migrate"), xstrdup("--psql"),
		NULL };
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (become(account) == -1)
			status = CMD_FAILED;
		else if (migrate == NULL)
			status = setup_database(p) == 0 ? CMD_OK : CMD_FAILED;
		else {
			optind = 0; /* getopt_long starts anew */
			status =
			    cmd_migrate.run(migrate, p->psql ? 2 : 1, argv);
		}
		fflush(NULL);
		_exit(status);
	}
	free(argv[0]);
	free(argv[1]);
	if (pid == -1) {
		perror(SAY "fork");
		return -1;
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Options to *p.  0 or -1. */
static int
setup_options(struct place *p, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "print", no_argument, NULL, 'n' },
		{ "psql", no_argument, NULL, 'p' },
		{ "superuser", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "nps:u:", longs, NULL)) != -1) {
		switch (c) {
		case 'n':
			p->print = true;
			break;
		case 'p':
			p->psql = true;
			break;
		case 's':
			p->superuser = optarg;
			break;
		case 'u':
			p->service = optarg;
			break;
		default:
			return -1;
		}
	}
	return 0;
}

static int
setup_run(const struct ctl *ctl, int argc, char **argv)
{
	struct place p = { .service = "errand", .superuser = "postgres" };
	int rc = -1;

	if (setup_options(&p, argc, argv) == -1)
		return cmd_misused(&cmd_setup, NULL);
	if (optind < argc)
		return cmd_misused(&cmd_setup, "it takes options only");
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	if (place_read(&p) == -1)
		;
	else if (p.print) {
		place_print(&p);
		rc = 0;
	} else if (!place_is_here(&p)) {
		fprintf(stderr,
		    SAY "PostgreSQL is on %s; let its "
			"administrator run:\n",
		    p.host);
		place_print(&p);
	} else if (run_as(p.superuser, &p, NULL) == 0)
		rc = run_as(p.service, &p, ctl);
	conf_free();
	return rc == 0 ? CMD_OK : CMD_FAILED;
}

const struct cmd cmd_setup = {
	.name = "setup",
	.summary = "Makes the role, the database and its schema",
	.usage = "[OPTION ...]",
	.options =
	    "What is there already stays as it is.  As root, on the machine "
	    "that\nPostgreSQL runs on.\n\n"
	    "  -n, --print            print the statements for role and "
	    "database\n"
	    "  -p, --psql             install the schema without sqitch\n"
	    "  -s, --superuser NAME   PostgreSQL's administrator (default: "
	    "postgres)\n"
	    "  -u, --user NAME        who Errand runs as (default: errand)\n",
	.run = setup_run,
};
