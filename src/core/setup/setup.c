/* SPDX-License-Identifier: ISC */
/* Loads the settings and, out of them, the table of kinds. */
#include "config.h"

#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "jobs/kind.h"
#include "log/log.h"

/* Puts the set in force if neither it nor its kinds have a fault. */
static unsigned
setup_take(struct conf_set *set, void (*ready)(void *arg), conf_fault_fn fault,
    void *arg)
{
	unsigned faults = set->faults + kind_load(set, fault, arg);

	if (faults != 0) {
		conf_set_free(set);
		return faults;
	}
	if (ready != NULL)
		ready(arg);
	conf_use(set);
	return 0;
}

unsigned
setup_load(const char *path, conf_fault_fn fault, void *arg)
{
	return setup_take(conf_read(path, fault, arg), NULL, fault, arg);
}

unsigned
setup_reload(void (*ready)(void *arg), conf_fault_fn fault, void *arg)
{
	const char *path = conf_path()[0] == '\0' ? NULL : conf_path();

	return setup_take(conf_read(path, fault, arg), ready, fault, arg);
}

static void
setup_say(void *arg, const char *sentence)
{
	fprintf(stderr, "%s%s: %s\n", log_stderr_mark(LOGL_ERROR),
	    (const char *)arg, sentence);
}

int
setup_load_or_say(const char *name, const char *path)
{
	char *copy = xstrdup(name);
	unsigned faults = setup_load(path, setup_say, copy);

	free(copy);
	return faults == 0 ? 0 : -1;
}

int
setup_check_or_say(const char *name, const char *path)
{
	char *copy = xstrdup(name);
	unsigned faults = setup_load(path, setup_say, copy);

	if (faults == 0)
		faults = conf_check_files(setup_say, copy);
	free(copy);
	return faults == 0 ? 0 : -1;
}

int
setup_serve_or_say(const char *name, const char *path, bool check)
{
	int rc = check ? setup_check_or_say(name, path)
		       : setup_load_or_say(name, path);

	if (rc == -1)
		return -1;
	if (settings.auth_issuer[0] != '\0')
		return 0;
	fprintf(stderr,
	    "%s%s: %s: [auth] issuer is empty: it must name the issuer of "
	    "accepted tokens, such as https://sso.example/realms/main\n",
	    log_stderr_mark(LOGL_ERROR), name,
	    conf_path()[0] == '\0' ? "no configuration file" : conf_path());
	return -1;
}

void
setup_tell_ignored(void)
{
	struct conf_otel_look look = { 0 };

	while (conf_otel_ignored(&look))
		log_warning("variable is ignored",
		    LS("variable", look.variable), LS("reason", look.why));
}

void
setup_print_ok(void)
{
	struct conf_otel_look look = { 0 };

	printf("%s: ok\n",
	    conf_path()[0] == '\0' ? "built-in defaults" : conf_path());
	if (geteuid() == 0)
		puts("note: root may read and write all; whether the user of "
		     "the service may is not judged");
	while (conf_otel_ignored(&look))
		printf("note: %s is ignored: %s\n", look.variable, look.why);
}
