/* SPDX-License-Identifier: ISC */
/* Settings and the table of kinds, which are loaded together. */
#ifndef SETUP_H
#define SETUP_H

#include <sysexits.h>

#include "conf/conf.h"

/* What a daemon exits with where only other settings can help, so that its
 * supervisor need not start it again. */
#define SETUP_EXIT_FAULT EX_CONFIG

/* Reads the settings (path as conf_read takes it) and makes the table of kinds
 * out of them.  If there is no fault they are in force; otherwise everything
 * stays as it was.  fault is called with arg for each.  Returns the number of
 * faults; 0 is success. */
unsigned setup_load(const char *path, conf_fault_fn fault, void *arg) MUSTCHECK;

/* setup_load of the same file once more.  Before new settings without faults
 * are put in force, ready is called with arg: what settings points to is still
 * alive then. */
unsigned setup_reload(void (*ready)(void *arg), conf_fault_fn fault, void *arg)
    MUSTCHECK;

/* setup_load, with each fault as a line on standard error that starts with
 * "name: ".  0 or -1. */
int setup_load_or_say(const char *name, const char *path) MUSTCHECK;

/* The same, and looks at the files that the settings name: for who checks
 * settings.  0 or -1. */
int setup_check_or_say(const char *name, const char *path) MUSTCHECK;

/* One of these two, the second if check is set, for who judges tokens: without
 * an issuer of them there is nothing to serve.  0 or -1. */
int setup_serve_or_say(const char *name, const char *path, bool check)
    MUSTCHECK;

/* Says in the log which variables of OpenTelemetry change nothing, and why: for
 * a start. */
void setup_tell_ignored(void);

/* Prints that the settings in force are good, where they are from, what could
 * not be judged and which variables change nothing: the whole answer to
 * --check-config. */
void setup_print_ok(void);

#endif
