/* SPDX-License-Identifier: ISC */
/* The terminal of errandctl top, in whatever way it is left. */
#include "config.h"

#include "top_screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define ROWS    24
#define COLUMNS 80

/* The other screen and no cursor; and back. */
static const char enter[] = "\033[?1049h\033[?25l\033[H\033[2J";
static const char leave[] = "\033[?25h\033[?1049l";

static struct {
	struct termios before;
	sigset_t free; /* the mask while it waits, in which ours are free */
	volatile sig_atomic_t taken;
} screen;

static volatile sig_atomic_t ended, stopped, resumed, resized;

/* --- taken and given back, which a handler may do as well --- */

/* Writes all that the terminal takes within a second; meanwhile those signals
 * are let in.  0, or what errno has. */
static int
screen_write(const char *text, size_t len, const sigset_t *mask)
{
	/* Again and again: the first may come before the write. */
	const struct itimerval second = { { 1, 0 }, { 1, 0 } }, none = { 0 };
	sigset_t held;
	int err = 0;

	setitimer(ITIMER_REAL, &second, NULL);
	sigprocmask(SIG_SETMASK, mask, &held);
	while (len > 0 && err == 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n == -1) {
			err = errno;
			break;
		}
		text += n;
		len -= (size_t)n;
	}
	sigprocmask(SIG_SETMASK, &held, NULL);
	setitimer(ITIMER_REAL, &none, NULL);
	return err;
}

/* What goes to the terminal before it is ours, and when it is not any more. */
static void
screen_say(const char *text, size_t len)
{
	sigset_t mask;

	sigfillset(&mask);
	sigdelset(&mask, SIGALRM);
	(void)screen_write(text, len, &mask); /* it may be gone */
}

static int
screen_take(void)
{
	struct termios now = screen.before;

	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	screen.taken = 1; /* first, since a fault may come between */
	if (tcsetattr(STDIN_FILENO, TCSANOW, &now) == -1) {
		screen.taken = 0;
		return -1;
	}
	screen_say(enter, sizeof(enter) - 1);
	return 0;
}

static void
screen_give(void)
{
	struct termios flowing = screen.before;

	if (!screen.taken)
		return;
	screen.taken = 0;
	/* Output that ^S has stopped goes on without IXON. */
	flowing.c_iflag &= ~(tcflag_t)IXON;
	tcsetattr(STDIN_FILENO, TCSANOW, &flowing);
	screen_say(leave, sizeof(leave) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
}

/* --- signals --- */

static void
on_end(int sig)
{
	ended = sig;
}

static void
on_stop(int sig)
{
	stopped = sig;
}

static void
on_continue(int sig)
{
	resumed = sig;
}

static void
on_size(int sig)
{
	resized = sig;
}

static void
on_alarm(int sig)
{
	(void)sig; /* it ends a write */
}

/* A fault of ours: the process ends by the same signal. */
static void
on_fault(int sig)
{
	int saved = errno;

	screen_give();
	raise(sig);
	errno = saved;
}

/* held: it is let in only while we wait or write. */
static const struct {
	int sig;
	void (*fn)(int);
	bool held;
} handlers[] = {
	{ SIGINT, on_end, true },
	{ SIGTERM, on_end, true },
	{ SIGHUP, on_end, true },
	{ SIGQUIT, on_end, true },
	{ SIGTSTP, on_stop, true },
	{ SIGCONT, on_continue, true },
	{ SIGWINCH, on_size, true },
	{ SIGALRM, on_alarm, true },
	{ SIGABRT, on_fault, false },
	{ SIGBUS, on_fault, false },
	{ SIGFPE, on_fault, false },
	{ SIGILL, on_fault, false },
	{ SIGSEGV, on_fault, false },
};

static void
handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	/* A second one at once is one of the default. */
	if (fn == on_fault)
		sa.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

/* Lets the signal do what it does by default, which ends or stops us. */
static void
yield_to(int sig)
{
	sigset_t one;

	signal(sig, SIG_DFL);
	raise(sig);
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL); /* it is delivered here */
	sigprocmask(SIG_BLOCK, &one, NULL);
}

/* --- the screen --- */

bool
screen_can(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL &&
	       term[0] != '\0' && !str_eq(term, "dumb");
}

int
screen_open(void)
{
	sigset_t held;

	if (tcgetattr(STDIN_FILENO, &screen.before) == -1)
		return -1;
	sigemptyset(&held);
	for (size_t i = 0; i < NELEM(handlers); i++) {
		if (handlers[i].held)
			sigaddset(&held, handlers[i].sig);
	}
	sigprocmask(SIG_BLOCK, &held, &screen.free);
	for (size_t i = 0; i < NELEM(handlers); i++) {
		sigdelset(&screen.free, handlers[i].sig);
		handle(handlers[i].sig, handlers[i].fn);
	}
	atexit(screen_give);
	return screen_take();
}

void
screen_close(void)
{
	screen_give();
	if (ended != 0 && ended != SIGINT)
		yield_to(ended);
}

void
screen_size(int *rows, int *columns)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row > 0 ? size.ws_row : ROWS;
	*columns = size.ws_col > 0 ? size.ws_col : COLUMNS;
}

int
screen_show(const char *text, size_t len)
{
	int err = screen_write(text, len, &screen.free);

	return err == 0 || err == EINTR || err == EAGAIN ? 0 : -1;
}

/* True if q was among them, or there will be no more. */
static bool
read_keys(void)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n == -1)
		return errno != EINTR && errno != EAGAIN;
	return n == 0 || memchr(keys, 'q', (size_t)n) != NULL ||
	       memchr(keys, 'Q', (size_t)n) != NULL;
}

/* The terminal is somebody else's until we go on. */
static void
stand_still(void)
{
	screen_give();
	yield_to(SIGTSTP);
	handle(SIGTSTP, on_stop);
	(void)tcgetattr(STDIN_FILENO, &screen.before); /* it may be another */
	stopped = 0;
	resumed = 1;
}

enum screen_event
screen_wait(int64_t until)
{
	struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };

	for (;;) {
		int64_t left = until - clock_mono_us();
		struct timespec wait = { left / CLOCK_SECOND,
			left % CLOCK_SECOND * 1000 };

		if (ended != 0)
			return SCREEN_QUIT;
		if (stopped != 0)
			stand_still();
		if (resumed != 0) {
			resumed = 0;
			resized = 0;
			return screen_take() == -1 ? SCREEN_QUIT : SCREEN_DRAW;
		}
		if (resized != 0) {
			resized = 0;
			return SCREEN_DRAW;
		}
		if (left <= 0)
			return SCREEN_TIME;
		if (ppoll(&keys, 1, &wait, &screen.free) == 1 && read_keys())
			return SCREEN_QUIT;
	}
}
