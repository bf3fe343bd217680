/* SPDX-License-Identifier: ISC */
/* What became of each task of an import, kept so that a second run of the same
 * goes on where the first has ended. */
#include "config.h"

#include "import_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "api.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/xalloc.h"
#include "state_file.h"

#define NAME_LEN 16 /* hex digits of the digest */

/* What is imported, and to which address. */
static void
journal_digest(const char *url, const char *text, size_t len,
    char out[NAME_LEN + 1])
{
	uint8_t digest[CODEC_SHA256];
	char hex[2 * CODEC_SHA256 + 1];
	struct buf b = { 0 };

	buf_printf(&b, "%s\n", url);
	buf_add(&b, text, len);
	codec_sha256(b.data, b.len, digest);
	codec_hex(digest, sizeof(digest), hex);
	buf_free(&b);
	snprintf(out, NAME_LEN + 1, "%.*s", NAME_LEN, hex);
}

static char *
journal_name(const char *digest)
{
	char name[NAME_LEN + 16];

	snprintf(name, sizeof(name), "import-%s", digest);
	return state_file(name, true);
}

/* Lines "0 KEY DIGEST", "NUMBER TIME" and "NUMBER ID"; one that a crash has cut
 * off is none.  True if it is the journal of what has this digest, or new. */
static bool
journal_read(struct import_journal *j, struct arena *a, const char *digest)
{
	char line[128], id[64], of[64];
	long long number, begun;
	struct uuid uuid;
	int n;

	rewind(j->file);
	while (fgets(line, sizeof(line), j->file) != NULL) {
		j->cut = strchr(line, '\n') == NULL;
		if (j->cut)
			continue;
		n = sscanf(line, "%lld %63s %63s", &number, id, of);
		if (n == 3 && number == 0 && j->key[0] == '\0') {
			if (!str_eq(of, digest))
				return false;
			memcpy(j->key, id, sizeof(j->key));
		}
		if (n < 2 || number < 1 || (size_t)number > j->n)
			continue;
		if (uuid_parse(id, &uuid) == 0)
			j->v[number - 1].id = arena_strdup(a, id);
		else if (sscanf(id, "%lld", &begun) == 1)
			j->v[number - 1].begun = begun;
	}
	return true;
}

static int
journal_note(struct import_journal *j, size_t number, const char *what)
{
	const char *before = j->cut ? "\n" : "";

	j->cut = false;
	if (fprintf(j->file, "%s%zu %s\n", before, number, what) > 0 &&
	    fflush(j->file) == 0 && fdatasync(fileno(j->file)) == 0)
		return 0;
	fprintf(stderr, API_WHO "%s: %s\n", j->name, strerror(errno));
	return -1;
}

int
import_journal_open(struct import_journal *j, struct arena *a, const char *own,
    const char *url, const char *text, size_t len, size_t n)
{
	char digest[NAME_LEN + 1], key[UUID_TEXT], what[sizeof(j->key)];
	struct uuid uuid;

	*j = (struct import_journal){ .n = n,
		.v = arena_alloc(a, (n + 1) * sizeof(*j->v)) };
	journal_digest(url, text, len, digest);
	j->name = own != NULL ? xstrdup(own) : journal_name(digest);
	if (j->name == NULL)
		return -1;
	j->file = fopen(j->name, "a+e");
	if (j->file == NULL) {
		fprintf(stderr, API_WHO "%s: %s\n", j->name, strerror(errno));
		return -1;
	}
	if (flock(fileno(j->file), LOCK_EX | LOCK_NB) == -1) {
		fprintf(stderr,
		    API_WHO "%s: another import of the same is under way\n",
		    j->name);
		return -1;
	}
	if (!journal_read(j, a, digest)) {
		fprintf(stderr,
		    API_WHO "%s: this is the journal of another file, or of "
			    "another service\n",
		    j->name);
		return -1;
	}
	if (j->key[0] != '\0')
		return 0;
	uuid = uuid_new();
	snprintf(j->key, sizeof(j->key), "%s", uuid_format(&uuid, key));
	snprintf(what, sizeof(what), "%s %s", key, digest);
	return journal_note(j, 0, what);
}

void
import_journal_close(struct import_journal *j)
{
	if (j->file != NULL)
		fclose(j->file);
	free(j->name);
}

int
import_journal_begun(struct import_journal *j, size_t i)
{
	char text[24];

	j->v[i].begun = clock_wall_s();
	snprintf(text, sizeof(text), "%lld", (long long)j->v[i].begun);
	return journal_note(j, i + 1, text);
}

int
import_journal_made(struct import_journal *j, struct arena *a, size_t i,
    const char *id)
{
	j->v[i].id = arena_strdup(a, id);
	return journal_note(j, i + 1, id);
}

bool
import_journal_has(const struct import_journal *j, const char *id)
{
	for (size_t i = 0; i < j->n; i++) {
		if (j->v[i].id != NULL && str_eq(j->v[i].id, id))
			return true;
	}
	return false;
}
