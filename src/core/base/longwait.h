/* SPDX-License-Identifier: ISC */
/* What a process does first when it has to wait for long. */
#ifndef LONGWAIT_H
#define LONGWAIT_H

#include <poll.h>

#include "base.h"

/* From now on fn(arg) is called then; NULL: nothing is. */
void longwait_set(void (*fn)(void *arg), void *arg);

/* A wait begins that seldom ends within two milliseconds. */
void longwait_begin(void);

/* poll for one descriptor; it has become a long wait when it has lasted for two
 * milliseconds. */
int longwait_poll(struct pollfd *p, int ms);

#endif
