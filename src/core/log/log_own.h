/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: events, their text, and the sinks. */
#ifndef LOG_OWN_H
#define LOG_OWN_H

#include <sys/stat.h>

#include "base/base.h"
#include "base/buf.h"
#include "log.h"

/* One event, as all sinks are given it. */
struct log_event {
	int64_t us; /* since 1970 */
	enum log_level level;
	const char *program;
	int pid;
	const char *msg;
	const struct log_field *fields;
	const char *request_id; /* or NULL */
	const char *trace_id;   /* or NULL */
	bool json;              /* how lines of it are written */
	const struct buf *line; /* see log_event_line; NULL: not made yet */
};

#define LOG_TEXT_MAX 2048 /* bytes of one text */

/* How much of a text is shown; the rest is left out. */
size_t log_text_cut(const char *s);

/* Adds the line with its end.  Whatever is in the event, it is one line of
 * valid UTF-8 without control characters; long texts are cut. */
void log_line_text(struct buf *b, const struct log_event *e);
void log_line_json(struct buf *b, const struct log_event *e);

/* Adds the message and the fields of a line of text, without its end. */
void log_line_words(struct buf *b, const struct log_event *e);

/* What each level is called by syslog, the journal and GELF. */
extern const int log_severities[LOGL__MAX];

/* Adds one entry as the journal's native protocol has it. */
void log_journal_entry(struct buf *b, const struct log_event *e);

/* How a syslog server is spoken to. */
struct log_syslog_form {
	const char
	    *host; /* of this machine; NULL: RFC 3164 on a local socket */
	int facility;
	bool counted; /* the length stands before each message (RFC 6587) */
};

/* Adds one message; host given: of RFC 5424. */
void log_syslog_message(struct buf *b, const struct log_event *e,
    const struct log_syslog_form *form);

/* What is the same in all events of the process. */
struct log_speaker {
	char *program;                     /* NULL: what it was called as */
	const char *request_id, *trace_id; /* or NULL */
	int pid;
	bool json;
	bool journal; /* it gets entries of its own */
};
extern struct log_speaker log_speaker;

/* The level that a word of [log] file_level or stderr_level means, -1 for off.
 * The words of both begin alike. */
int log_level_of(int word);

/* An event of now.  msg and fields are borrowed. */
void log_event_init(struct log_event *e, enum log_level level, const char *msg,
    const struct log_field *fields);

/* Tells who counts of a line that goes somewhere, and of lines that were
 * lost. */
void log_line_counts(enum log_level level);
void log_lost_counts(enum log_goal goal, uint64_t lines);

/* After a fork, in the child: what nobody has counted yet is the parent's. */
void log_counts_forget(void);

/* The event as a line, made once for all sinks that write lines; valid until
 * the next event's. */
const struct buf *log_event_line(struct log_event *e);

/* What a sink has to say about its place, as a line of the log. */
struct log_news {
	enum log_level level;
	const char *msg;
	struct log_field fields[4]; /* the last one without a key */
};

/*
 * One place where the log goes: a row of operations, with what they work on.
 * log.c has the table of all sinks.  None of them waits for anybody, but for a
 * moment; what cannot be got out is counted, and told when it can be again.
 */
struct log_sink {
	int level;         /* least important one that goes here; -1: none */
	const char *place; /* where that is, for messages; or NULL */
	void *own;         /* what the operations work on */

	/* Opens it as the settings say, which may be not at all, and sets level
	 * and place.  0, or -1 with the reason on standard error: then it
	 * counts lines until follow can open it. */
	int (*open)(struct log_sink *s, const char *program) MUSTCHECK;
	/* Takes an event, to go out with the next flush.  True if so much
	 * waits that there should be one now. */
	bool (*put)(struct log_sink *s, struct log_event *e);
	/* Before a flush, and with force when an administrator asks for it:
	 * makes sure that the place is still the right one.  0, or -1 with
	 * errno set if it is lost: this is told once, in all sinks. */
	int (*follow)(struct log_sink *s, bool force) MUSTCHECK;
	/* Gets out what waits. */
	void (*flush)(struct log_sink *s);
	/* Microseconds until a flush is due, 0 if it is, -1 if nothing waits.
	 * now is clock_mono_us. */
	int64_t (*chores)(const struct log_sink *s, int64_t now);
	/* NULL, or: true if there is something to say that was not said
	 * yet.  It goes to all sinks. */
	bool (*news)(struct log_sink *s, struct log_news *news);
	/* NULL, or: gets out what it can within a moment, because the process
	 * ends. */
	void (*finish)(struct log_sink *s);
	/* After a fork, in the child: what waits is the parent's. */
	void (*forget)(struct log_sink *s);
	/* Everything is as it was before open. */
	void (*close)(struct log_sink *s);
};

extern struct log_sink log_file_sink;    /* log_file.c: [log] file */
extern struct log_sink log_gelf_sink;    /* log_gelf.c: [log] gelf */
extern struct log_sink log_journal_sink; /* log_journal.c */
extern struct log_sink log_stderr_sink;  /* log_stderr.c */
extern struct log_sink log_syslog_sink;  /* log_syslog.c: [log] syslog */

/* True if what is written to standard error goes to the journal. */
bool log_stderr_is_journal(void);

/* A file that lines are written to, or standard error: what both sinks have as
 * own. */
struct log_file {
	int fd;     /* -1: closed */
	char *path; /* NULL: standard error */
	dev_t dev;  /* of the open file */
	ino_t ino;
	int64_t checked; /* when we last looked whether it was moved away */
	int64_t since;   /* when the oldest waiting line came */
	bool marked;     /* the journal reads it: each line begins with its
			  * priority */
	bool torn;       /* the last write ended within a line */
	bool stuck;      /* nobody took what we wrote; do not wait again */
	bool stranded;   /* there is no file at path, and none can be made */
	uint64_t lost;   /* lines that could not be written */
	struct buf lines;
};

/* path NULL: standard error.  0, or -1 with errno set: then lines are counted
 * until log_file_follow can open it. */
int log_file_open(struct log_file *f, const char *path) MUSTCHECK;
void log_file_close(struct log_file *f);

/* Writes the waiting lines, whole lines at a time. */
void log_file_flush(struct log_file *f);

/* Opens the file again if it was moved away, looking at most once a second; or
 * in any case, with force.  If that fails, lines go on to the old file: the
 * first time -1 with errno set, else 0. */
int log_file_follow(struct log_file *f, bool force) MUSTCHECK;

/* The operations that both sinks share. */
bool log_sink_put(struct log_sink *s, struct log_event *e);
int log_sink_follow(struct log_sink *s, bool force) MUSTCHECK;
void log_sink_flush(struct log_sink *s);
int64_t log_sink_chores(const struct log_sink *s, int64_t now);
void log_sink_forget(struct log_sink *s);

#endif
