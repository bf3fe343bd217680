/* SPDX-License-Identifier: ISC */
/* Settings: read once at start, from the ini file and the environment. */
#ifndef CONF_H
#define CONF_H

#include <stdio.h>

#include "base/base.h"
#include "base/buf.h"

/* Units of times (milliseconds) and of sizes (bytes). */
#define CONF_SEC  ((int64_t)1000)
#define CONF_MIN  (60 * CONF_SEC)
#define CONF_HOUR (60 * CONF_MIN)
#define CONF_DAY  (24 * CONF_HOUR)
#define CONF_KIB  ((int64_t)1024)
#define CONF_MIB  (1024 * CONF_KIB)

struct conf_list {
	size_t n;
	const char **v;
};

/* Applies M(name, word) to up to ten words. */
#define CONF_EACH(M, name, ...)                                                \
	CONF_EACH_(__VA_ARGS__, CONF_EACH10, CONF_EACH9, CONF_EACH8,           \
	    CONF_EACH7, CONF_EACH6, CONF_EACH5, CONF_EACH4, CONF_EACH3,        \
	    CONF_EACH2, CONF_EACH1)                                            \
	(M, name, __VA_ARGS__)
#define CONF_EACH_(a, b, c, d, e, f, g, h, i, j, each, ...) each
/* clang-format off */
#define CONF_EACH1(M, name, w) M(name, w)
#define CONF_EACH2(M, name, w, ...) \
	M(name, w) CONF_EACH1(M, name, __VA_ARGS__)
#define CONF_EACH3(M, name, w, ...) \
	M(name, w) CONF_EACH2(M, name, __VA_ARGS__)
#define CONF_EACH4(M, name, w, ...) \
	M(name, w) CONF_EACH3(M, name, __VA_ARGS__)
#define CONF_EACH5(M, name, w, ...) \
	M(name, w) CONF_EACH4(M, name, __VA_ARGS__)
#define CONF_EACH6(M, name, w, ...) \
	M(name, w) CONF_EACH5(M, name, __VA_ARGS__)
#define CONF_EACH7(M, name, w, ...) \
	M(name, w) CONF_EACH6(M, name, __VA_ARGS__)
#define CONF_EACH8(M, name, w, ...) \
	M(name, w) CONF_EACH7(M, name, __VA_ARGS__)
#define CONF_EACH9(M, name, w, ...) \
	M(name, w) CONF_EACH8(M, name, __VA_ARGS__)
#define CONF_EACH10(M, name, w, ...) \
	M(name, w) CONF_EACH9(M, name, __VA_ARGS__)
/* clang-format on */

/* enum conf_starttls { CONF_starttls_off, ... CONF_starttls__MAX }; and so on:
 * see conf.def. */
#define CONF_WORD(name, word) CONF_##name##_##word,
#define WORDS(name, ...)                                                       \
	enum conf_##name{ CONF_EACH(CONF_WORD, name, __VA_ARGS__)              \
		    CONF_##name##__MAX };
#include "conf.def"
#undef CONF_WORD

#define CONF_T_STR    const char *
#define CONF_T_SECRET const char *
#define CONF_T_INT    int64_t
#define CONF_T_SIZE   int64_t
#define CONF_T_TIME   int64_t
#define CONF_T_BOOL   bool
#define CONF_T_LIST   struct conf_list
#define CONF_T_RULE   const char *

/* settings.http_base_path is [http] base_path, and so on: see conf.def. */
struct conf {
#define CONF(section, key, type, ...) CONF_T_##type section##_##key;
#define CHOICE(section, key, words, def, text)                                 \
	enum conf_##words section##_##key;
#include "conf.def"
};

/* The settings in force; only conf_use changes them. */
extern struct conf settings;

/* The settings of type RULE: CONF_RULE_create_task, and so on. */
#define CONF_RULE_STR(key)
#define CONF_RULE_SECRET(key)
#define CONF_RULE_INT(key)
#define CONF_RULE_SIZE(key)
#define CONF_RULE_TIME(key)
#define CONF_RULE_BOOL(key)
#define CONF_RULE_LIST(key)
#define CONF_RULE_CHOICE(key)
#define CONF_RULE_RULE(key) CONF_RULE_##key,
enum conf_rule {
#define CONF(section, key, type, ...) CONF_RULE_##type(key)
#include "conf.def"
	CONF_RULE__MAX
};
#undef CONF_RULE_RULE

extern const struct conf_rule_row {
	const char *key;
	const char *const *text; /* that is in force */
} conf_rules[CONF_RULE__MAX];

#define CONF_DEFAULT_FILE SYSCONFDIR "/errand/errand.ini"

/* A section [job:<kind>]; what it does not say is NULL, -1 or false. */
struct conf_job {
	const char *kind;
	unsigned line; /* of the section in the file */
	const char *queue, *command;
	const char *schedule, *schedule_zone, *schedule_kwargs, *catch_up;
	int64_t max_retries, children, soft_limit, hard_limit, backoff,
	    backoff_max;
	bool stdout_result, track_started, create;
	int64_t max_deaths, concurrency;
	const char *rate;
};

#define CONF_JOBS_MAX 48

/* How long the mail server may take to answer a whole mail, in milliseconds. */
int64_t conf_mail_answer(const struct conf *c);

/* All that one reading of the file and the environment brought.  What values
 * and jobs point to is freed together with the set. */
struct conf_set {
	struct conf values;
	size_t njobs;
	struct conf_job jobs[CONF_JOBS_MAX];
	char *path;                /* of the file; NULL: none was read */
	unsigned faults;           /* that were told */
	struct conf_state *states; /* the text behind each setting */
};

/* Called for each fault with a finished sentence. */
typedef void (*conf_fault_fn)(void *arg, const char *sentence);

/* Reads defaults, then the file (path; NULL: $ERRAND_CONFIG, else
 * CONF_DEFAULT_FILE if it exists, else none), then the environment
 * (ERRAND_SECTION_KEY, and ERRAND_SECTION_KEY_FILE for secrets), then checks
 * what no single row can.  Every fault is told, not only the first: it names
 * file, line, section, key and what was expected, or the variable.  The set
 * belongs to the caller; where there was a fault it has the value that came
 * before.  The settings in force stay as they are: see core/setup. */
struct conf_set *conf_read(const char *path, conf_fault_fn fault, void *arg)
    MUSTCHECK;

/* Frees a set that was not put in force. */
void conf_set_free(struct conf_set *set);

/* Judges the files and folders that the settings in force name, as far as the
 * user of this process can: fault is called with arg for each that is missing,
 * or cannot be read or written.  Returns how many.  It is for who checks the
 * settings; a service that runs finds out by itself. */
unsigned conf_check_files(conf_fault_fn fault, void *arg) MUSTCHECK;

/* Judges a connection string of libpq: NULL, or what is wrong with it, a
 * constant sentence without a full stop that starts with "libpq" or "its". */
const char *conf_judge_database(const char *conninfo);

/* What is wrong with an http or https address, or NULL; *rest is what stands
 * behind host and port. */
const char *conf_judge_url(const char *url, const char **rest);

/* The next variable of OpenTelemetry in the environment that changes nothing,
 * as its value cannot be taken or nobody here knows it; false at the end.  look
 * is zero at first.  The name may be cut. */
struct conf_otel_look {
	size_t at;
	char variable[96];
	const char *why; /* a constant clause */
};
bool conf_otel_ignored(struct conf_otel_look *look);

/* Puts a set in force and owns it from now on.  The set that was in force is
 * freed: what settings pointed to is dead. */
void conf_use(struct conf_set *set);

/* Frees the set in force; settings is empty then. */
void conf_free(void);

/* The file that the settings in force were read from, or "" if there was
 * none. */
const char *conf_path(void);

/* Prints the settings in force as an ini file, each with where it comes from
 * (default, file:line or environment); secrets as "***" if they are set. */
void conf_show(FILE *out);

/* Prints etc/errand.ini: all settings with their texts and defaults, as
 * comments. */
void conf_print_sample(FILE *out);

/* Explains a setting or a section: text, type, default, range and variable.
 * name is SECTION.KEY, KEY (in all sections that have it) or SECTION, "[SECTION]
 * KEY" as in the file, or the variable; NULL: all settings.  0; or -1 if there is no such name, with the nearest one added to
 * near if there is one. */
int conf_explain(FILE *out, const char *name, struct buf *near) MUSTCHECK;

#endif
