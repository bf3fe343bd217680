/* SPDX-License-Identifier: ISC */
/* The sink that is systemd's journal: fields, in its native protocol. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/conf.h"
#include "log_net.h"
#include "log_own.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define JOURNAL_MAX  ((size_t)1048576) /* bytes that wait at most */
#define JOURNAL_TEXT ((size_t)262144)  /* of one field; the rest is left out */
#define JOURNAL_KEY  ((size_t)64)      /* a longer name is not taken */

/* --- entries --- */

/* The journal drops names that are not of capitals, digits and _. */
static void
journal_key(struct buf *b, const char *key)
{
	static const char prefix[] = "ERRAND_";
	size_t i, n = strlen(key);

	if (n > JOURNAL_KEY - strlen(prefix))
		n = JOURNAL_KEY - strlen(prefix);
	buf_adds(b, prefix);
	for (i = 0; i < n; i++) {
		char c = key[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			c = '_';
		buf_addc(b, c);
	}
}

/* Behind a name: a value that has a newline comes with its length. */
static void
journal_value(struct buf *b, const char *s, size_t len)
{
	int i;

	if (memchr(s, '\n', len) == NULL) {
		buf_addc(b, '=');
	} else {
		buf_addc(b, '\n');
		for (i = 0; i < 64; i += 8)
			buf_addc(b, (char)((uint64_t)len >> i & 0xff));
	}
	buf_add(b, s, len);
	buf_addc(b, '\n');
}

static void
journal_text(struct buf *b, const char *s)
{
	journal_value(b, s, str_utf8_cut(s, strlen(s), JOURNAL_TEXT));
}

void
log_journal_entry(struct buf *b, const struct log_event *e)
{
	const struct log_field *f;
	struct buf words = { 0 };

	log_line_words(&words, e);
	buf_adds(b, "MESSAGE");
	journal_value(b, words.data, words.len);
	buf_free(&words);
	buf_printf(b, "PRIORITY=%d\nSYSLOG_FACILITY=3\n",
	    log_severities[e->level]);
	buf_printf(b, "SYSLOG_PID=%d\nSYSLOG_IDENTIFIER", e->pid);
	journal_text(b, e->program);
	buf_adds(b, "ERRAND_MSG");
	journal_text(b, e->msg);
	for (f = e->fields; f->key != NULL; f++) {
		journal_key(b, f->key);
		if (f->text != NULL)
			journal_text(b, f->text);
		else
			buf_printf(b, "=%lld\n", (long long)f->number);
	}
	if (e->request_id != NULL) {
		buf_adds(b, "REQUEST_ID");
		journal_text(b, e->request_id);
	}
	if (e->trace_id != NULL) {
		buf_adds(b, "TRACE_ID");
		journal_text(b, e->trace_id);
	}
}

/* --- the socket --- */

/* Passes an entry that is too large for a datagram as a file in memory that
 * cannot change any more.  0, or -1 with errno set. */
static int
journal_large(int fd, const char *data, size_t len)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = { .msg_control = &control,
		.msg_controllen = sizeof(control.room) };
	int file = memfd_create("errand-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = -1, err;

	if (file == -1)
		return -1;
	if (write(file, data, len) == (ssize_t)len &&
	    fcntl(file, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ==
		0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
		if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
			rc = 0;
	}
	err = errno;
	close(file);
	errno = err;
	return rc;
}

static bool
journal_is_there(void)
{
	const struct sockaddr_un sa = { .sun_family = AF_UNIX,
		.sun_path = JOURNAL_PATH };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool there;

	if (fd == -1)
		return false;
	there = connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return there;
}

/* --- the sink --- */

static int
log_journal_open(struct log_sink *s, const char *program)
{
	const struct log_net_to to = { .goal = LOG_TO_JOURNAL,
		.way = LOG_NET_PATH,
		.host = JOURNAL_PATH,
		.place = JOURNAL_PATH,
		.large = journal_large,
		.max = JOURNAL_MAX };

	_Static_assert((int)CONF_journal_level_off -
			       (int)CONF_journal_level_error ==
			   (int)CONF_stderr_level_off,
	    "the words of one setting are not those of the other");
	(void)program;
	if (settings.log_journal_level != CONF_journal_level_auto)
		s->level = log_level_of((int)settings.log_journal_level -
					(int)CONF_journal_level_error);
	else if (log_stderr_is_journal() && journal_is_there())
		s->level = log_level_of((int)settings.log_stderr_level);
	if (s->level == -1)
		return 0;
	s->own = log_net_new(&to);
	s->place = JOURNAL_PATH;
	log_speaker.journal = true;
	return 0;
}

static bool
log_journal_put(struct log_sink *s, struct log_event *e)
{
	static struct buf entry;

	buf_clear(&entry);
	log_journal_entry(&entry, e);
	return log_net_sink_take(s, &entry);
}

static void
log_journal_close(struct log_sink *s)
{
	log_net_sink_close(s);
	log_speaker.journal = false;
}

struct log_sink log_journal_sink = {
	.level = -1,
	.open = log_journal_open,
	.put = log_journal_put,
	LOG_NET_SINK,
	.close = log_journal_close,
};
