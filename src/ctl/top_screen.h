/* SPDX-License-Identifier: ISC */
/* A terminal as a whole: taken, drawn on, and given back as it was. */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include "base/base.h"

/* True if standard input and output are a terminal that can be drawn on. */
bool screen_can(void);

/* Takes the terminal: its other screen, no cursor, keys at once.  From now on
 * it is given back whatever ends the process, but for SIGKILL.  0; or -1 with
 * errno set. */
int screen_open(void);

/* Gives it back.  If a signal is what asked for it, other than that of ^C, the
 * process ends by it here. */
void screen_close(void);

/* Its size now. */
void screen_size(int *rows, int *columns);

/* Shows text with what steers a terminal.  What it does not take within a
 * second is left out.  -1: it is gone. */
int screen_show(const char *text, size_t len);

enum screen_event {
	SCREEN_TIME, /* the time is over */
	SCREEN_DRAW, /* it has another size, or was taken again */
	SCREEN_QUIT  /* q, ^C, another signal to end, or it is gone */
};

/* Waits until that time of clock_mono_us.  Stops with the rest of its group on
 * ^Z, with the terminal as it was meanwhile. */
enum screen_event screen_wait(int64_t until);

#endif
