/* SPDX-License-Identifier: ISC */
/* errandctl log: who follows the log of changes, and how far each is. */
#include "config.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "database.h"
#include "jobs/reader.h"
#include "setup/setup.h"
#include "text/json_write.h"

#define SECOND 19 /* of a time as text: where its decimals begin */

/* What was asked for; to NULL: to show all. */
struct log_cmd {
	bool json;
	const char *reader, *to;
	struct reader_goal goal;
};

static int
log_failed(void)
{
	fputs("errandctl log: PostgreSQL did not do it; see above\n", stderr);
	return CMD_FAILED;
}

static void
log_print_json(const struct reader_lags *lags)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (size_t i = 0; i < lags->n; i++) {
		const struct reader_lag *l = &lags->v[i];

		json_break_line(&w);
		json_open_object(&w, NULL);
		json_put_text(&w, "name", l->name);
		json_put_int(&w, "xid", l->xid);
		json_put_int(&w, "event", l->id);
		json_put_time(&w, "moved_at", l->moved_at);
		json_put_int(&w, "unread", l->unread);
		json_put_seconds(&w, "oldest_unread_seconds", l->us);
		json_put_bool(&w, "waits_for_transaction", l->waits);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
	json_write_end(&w);
	puts(b.data);
	buf_free(&b);
}

static void
log_print(const struct reader_lags *lags)
{
	char moved[CLOCK_TEXT];

	printf("%-12s  %19s  %-20s  %6s  %10s\n", "READER", "XID:EVENT",
	    "MOVED", "UNREAD", "FOR");
	for (size_t i = 0; i < lags->n; i++) {
		const struct reader_lag *l = &lags->v[i];

		clock_format(l->moved_at, moved);
		memcpy(moved + SECOND, "Z", 2);
		printf("%-12.12s  %9" PRId64 ":%-9" PRId64 "  %s  %6" PRId64
		       "  %8.1f s%s\n",
		    l->name, l->xid, l->id, moved, l->unread,
		    (double)l->us / CLOCK_SECOND,
		    l->waits && l->unread > 0
			? "  a transaction is open that it waits for"
			: "");
	}
}

static int
log_show(struct pg *pg, bool json)
{
	struct reader_lags lags;

	if (reader_lags(pg, &lags) != PG_OK)
		return log_failed();
	if (json)
		log_print_json(&lags);
	else
		log_print(&lags);
	return CMD_OK;
}

static int
log_no_reader(struct pg *pg, const char *name)
{
	struct reader_lags lags;

	if (reader_lags(pg, &lags) != PG_OK)
		return log_failed();
	fprintf(stderr, "errandctl log: there is no reader \"%s\"; there is",
	    name);
	for (size_t i = 0; i < lags.n; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",", lags.v[i].name);
	fputc('\n', stderr);
	return CMD_FAILED;
}

static int
log_rewind(struct pg *pg, struct log_cmd *c)
{
	enum reader_back back = READER_BACK_NONE;

	if (str_eq(c->reader, readers[READER_cache].name)) {
		fputs("errandctl log: the cache has no place in the order; "
		      "\"errandctl cache flush\" drops all entries\n",
		    stderr);
		return CMD_FAILED;
	}
	if (reader_rewind(pg, c->reader, &c->goal, &back) != PG_OK)
		return log_failed();
	switch (back) {
	case READER_BACK_NONE:
		return log_no_reader(pg, c->reader);
	case READER_BACK_GONE:
		fprintf(stderr,
		    "errandctl log: the log has no event %s: it was deleted, or "
		    "is older than the log\n",
		    c->to);
		return CMD_FAILED;
	case READER_BACK_AHEAD:
		fprintf(stderr,
		    "errandctl log: %s has not had the event %" PRId64 " yet\n",
		    c->reader, c->goal.next);
		return CMD_FAILED;
	case READER_BACK_DONE:
		break;
	}
	printf("%s goes on from the event %" PRId64
	       ": all from there on has its effect once more\n",
	    c->reader, c->goal.next);
	return CMD_OK;
}

/* CMD_OK, or what is wrong was said. */
static int
log_judge(struct log_cmd *c, int argc, char **argv)
{
	if (argc == 0 || (argc == 1 && str_eq(argv[0], "show"))) {
		if (c->to != NULL)
			return cmd_misused(&cmd_log, "--to goes with rewind");
		return CMD_OK;
	}
	switch (cmd_action(&cmd_log, argv[0])) {
	case -1:
		return CMD_USAGE;
	case 0:
		return cmd_misused(&cmd_log, "show takes no \"%s\"", argv[1]);
	default:
		break;
	}
	if (argc != 2 || c->to == NULL)
		return cmd_misused(&cmd_log,
		    "rewind needs the name of one reader, and --to");
	c->reader = argv[1];
	if (c->json)
		return cmd_misused(&cmd_log, "--json goes with show");
	if (str_to_int(c->to, 1, INT64_MAX, &c->goal.event) == -1) {
		c->goal.event = 0;
		if (clock_parse(c->to, &c->goal.since) == -1 ||
		    !pg_is_time(c->goal.since))
			return cmd_misused(&cmd_log,
			    "\"%s\" is neither the number of an event nor a time "
			    "such as 2026-11-22T11:05:00Z",
			    c->to);
	}
	return CMD_OK;
}

static int
log_run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "to", required_argument, NULL, 't' },
		{ 0 },
	};
	struct log_cmd c = { 0 };
	struct arena *a;
	struct database d;
	int o, rc;

	while ((o = getopt_long(argc, argv, "jt:", longs, NULL)) != -1) {
		if (o == 'j')
			c.json = true;
		else if (o == 't')
			c.to = optarg;
		else
			return cmd_misused(&cmd_log, NULL);
	}
	rc = log_judge(&c, argc - optind, argv + optind);
	if (rc != CMD_OK)
		return rc;
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	a = arena_new();
	d = database_open();
	pg_use(d.pg, a);
	rc = c.reader == NULL ? log_show(d.pg, c.json) : log_rewind(d.pg, &c);
	database_close(&d);
	arena_free(a);
	conf_free();
	return rc;
}

const struct cmd cmd_log = {
	.name = "log",
	.summary = "Shows who follows the log of changes, and sets one back",
	.usage = "[show [--json] | rewind READER --to EVENT|TIME]",
	.options =
	    "  show    how far each reader is, and what it has not had (default)\n"
	    "  rewind  has a reader go on from an event that it has had: what\n"
	    "          follows has its effect once more\n\n"
	    "  -j, --json           show: as JSON\n"
	    "  -t, --to EVENT|TIME  rewind: the number of the event, or a time,\n"
	    "                       which means the first event since then\n",
	.actions = (const char *const[]){ "show", "rewind", NULL },
	.run = log_run,
};
