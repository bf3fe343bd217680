/* SPDX-License-Identifier: ISC */
/* A task as a file in the user's editor. */
#include "config.h"

#include "tasks_editor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "api.h"
#include "base/str.h"
#include "base/xalloc.h"

#define TEXT_MAX (1u << 20)

static const char head_title[] = "Title:", head_status[] = "Status:";

void
tasks_text_format(struct buf *b, const struct tasks_text *t)
{
	buf_printf(b, "%s ", head_title);
	for (const char *p = t->title; *p != '\0'; p++)
		buf_addc(b, *p == '\n' || *p == '\r' ? ' ' : *p);
	buf_printf(b, "\n%s %s\n\n", head_status, t->status);
	if (t->description != NULL)
		buf_printf(b, "%s\n", t->description);
}

/* Cuts a line off. */
static char *
text_line(char **at)
{
	char *line = *at;
	size_t len = strcspn(line, "\n");

	*at += len;
	if (**at == '\n')
		*(*at)++ = '\0';
	return line;
}

int
tasks_text_parse(char *text, struct tasks_text *t, const char **why)
{
	size_t len;
	char *line;

	*t = (struct tasks_text){ 0 };
	while (*text != '\0') {
		line = text_line(&text);
		if (str_is_blank(line, strlen(line)))
			break;
		if (str_starts(line, head_title))
			t->title = str_trim(line + strlen(head_title));
		else if (str_starts(line, head_status))
			t->status = str_trim(line + strlen(head_status));
		else
			t->title = t->status = NULL;
		if (t->title == NULL && t->status == NULL)
			break;
	}
	*why = "it has to begin with the lines \"Title:\" and \"Status:\", "
	       "and then an empty one";
	if (t->title == NULL || t->status == NULL)
		return -1;
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	t->description = len > 0 ? text : NULL;
	return 0;
}

static const char *
editor(void)
{
	static const char *const names[] = { "VISUAL", "EDITOR" };

	for (size_t i = 0; i < NELEM(names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "vi";
}

/* $EDITOR may be a command with options: the shell cuts it into words. */
static int
editor_wait(const char *file)
{
	struct buf command = { 0 };
	int status = -1;
	pid_t pid;

	buf_printf(&command, "%s \"$1\"", editor());
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command.data, "errandctl", file,
		    (char *)NULL);
		_exit(127);
	}
	buf_free(&command);
	while (pid > 0 && waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return -1;
	}
	return status == 0 ? 0 : -1;
}

static int
editor_write(char *file, const struct buf *text)
{
	int fd = mkstemps(file, 4), rc = -1;

	if (fd == -1)
		return -1;
	if (write(fd, text->data, text->len) == (ssize_t)text->len)
		rc = 0;
	if (close(fd) == -1)
		rc = -1;
	return rc;
}

int
tasks_editor_run(const struct buf *before, char **file, char **text)
{
	const char *dir = getenv("TMPDIR");
	struct buf name = { 0 };
	size_t len;

	buf_printf(&name, "%s/errand-task-XXXXXX.txt",
	    dir != NULL && dir[0] != '\0' ? dir : "/tmp");
	*file = name.data;
	*text = NULL;
	if (editor_write(*file, before) == -1)
		fprintf(stderr, API_WHO "%s: %s\n", *file, strerror(errno));
	else if (editor_wait(*file) == -1)
		fprintf(stderr,
		    API_WHO "%s (VISUAL, EDITOR) has failed: the text is in "
			    "%s\n",
		    editor(), *file);
	else if (str_read_file(*file, TEXT_MAX, text, &len) == -1)
		fprintf(stderr, API_WHO "%s: %s\n", *file, strerror(errno));
	else
		return 0;
	return -1;
}
