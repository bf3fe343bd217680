/* SPDX-License-Identifier: ISC */
/* Whether the files and folders are there that the settings name. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/str.h"
#include "conf_own.h"

#define PEM_MAX ((size_t)16 * 1024 * 1024)

/* Tells "PATH: why". */
static void
conf_file_fault(struct conf_run *run, int row, const char *path,
    const char *why)
{
	char sentence[1400];

	snprintf(sentence, sizeof(sentence), "%s: %s", path, why);
	conf_fault_row(run, row, sentence);
}

/* path: "" is none.  mark: what must be in it, such as the first line of a
 * certificate, or NULL. */
static void
conf_file_read_or_fault(struct conf_run *run, int row, const char *path,
    const char *mark)
{
	const char *why = NULL;
	char *text;
	size_t len;

	if (path[0] == '\0')
		return;
	if (str_read_file(path, PEM_MAX, &text, &len) == -1) {
		why = strerror(errno);
	} else {
		if (mark != NULL && strstr(text, mark) == NULL)
			why = "there is no certificate in PEM form in it";
		free(text);
	}
	if (why != NULL)
		conf_file_fault(run, row, path, why);
}

/* The file is there and can be written, or can be made in its folder. */
static void
conf_file_log(struct conf_run *run)
{
	const char *path = run->set->values.log_file;
	const char *slash = strrchr(path, '/');
	char folder[1100] = ".";
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			errno = EISDIR;
		else if (access(path, W_OK) == 0)
			return;
		conf_file_fault(run, CONF_ROW_log_file, path, strerror(errno));
		return;
	}
	if (slash != NULL)
		snprintf(folder, sizeof(folder), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	if (stat(folder, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			errno = ENOTDIR;
		else if (access(folder, W_OK | X_OK) == 0)
			return;
	}
	conf_file_fault(run, CONF_ROW_log_file, folder, strerror(errno));
}

/* Of those that are read when a connection is made. */
static void
conf_file_redis(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const struct {
		int row;
		const char *path;
	} files[] = {
		{ CONF_ROW_redis_ca_file, s->redis_ca_file },
		{ CONF_ROW_redis_cert_file, s->redis_cert_file },
		{ CONF_ROW_broker_ca_file, s->broker_ca_file },
		{ CONF_ROW_broker_cert_file, s->broker_cert_file },
	};

	for (size_t i = 0; i < NELEM(files); i++)
		conf_file_read_or_fault(run, files[i].row, files[i].path,
		    "-----BEGIN ");
	conf_file_read_or_fault(run, CONF_ROW_redis_key_file, s->redis_key_file,
	    NULL);
	conf_file_read_or_fault(run, CONF_ROW_broker_key_file,
	    s->broker_key_file, NULL);
}

static void
conf_file_templates(struct conf_run *run)
{
	static const char *const names[] = { "task-created.subject",
		"task-created.text" };
	const struct conf *s = &run->set->values;
	const char *folder = s->mail_templates;
	char path[1200];

	if (folder[0] == '\0' && s->mail_url[0] == '\0')
		return;
	if (folder[0] == '\0')
		folder = PKGDATADIR "/templates";
	for (size_t i = 0; i < NELEM(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		conf_file_read_or_fault(run, CONF_ROW_mail_templates, path,
		    NULL);
	}
}

/* Only those that libpq does not do without.  Their names are no secret. */
static void
conf_file_database(struct conf_run *run)
{
	static const char *const keywords[] = { "sslrootcert", "sslcert",
		"sslkey", "sslcrl" };
	PQconninfoOption *options =
	    PQconninfoParse(run->set->values.database_conninfo, NULL);

	for (size_t i = 0; options != NULL && i < NELEM(keywords); i++) {
		const char *path = conf_conninfo_value(options, keywords[i]);

		/* Not files: the system's store, and keys of an engine. */
		if (str_eq(path, "system") || strchr(path, '/') == NULL)
			continue;
		conf_file_read_or_fault(run, CONF_ROW_database_conninfo, path,
		    NULL);
	}
	PQconninfoFree(options);
}

unsigned
conf_check_files(conf_fault_fn fault, void *arg)
{
	struct conf_set *set = conf_in_force();
	struct conf_run run = { .set = set, .fault = fault, .arg = arg };
	const struct conf *s = &set->values;
	unsigned before = set->faults;

	conf_file_log(&run);
	conf_file_database(&run);
	conf_file_redis(&run);
	conf_file_read_or_fault(&run, CONF_ROW_auth_ca_file, s->auth_ca_file,
	    "-----BEGIN ");
	conf_file_read_or_fault(&run, CONF_ROW_mail_ca_file, s->mail_ca_file,
	    "-----BEGIN ");
	conf_file_read_or_fault(&run, CONF_ROW_log_gelf_ca_file,
	    s->log_gelf_ca_file, "-----BEGIN ");
	conf_file_templates(&run);
	return set->faults - before;
}
