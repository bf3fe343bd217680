/* SPDX-License-Identifier: ISC */
/* Where messages of webhooks may go: to the internet, and to what [webhook]
 * allow names. */
#ifndef WEBHOOK_TARGET_H
#define WEBHOOK_TARGET_H

#include <sys/socket.h>

#include "base/base.h"

/* Judges the address that is about to be connected to: NULL, or a constant
 * sentence that says why it is refused. */
const char *webhook_judge_address(const struct sockaddr *sa);

/* Judges the address of a webhook before anything is looked up: NULL, or such a
 * sentence. */
const char *webhook_judge_url(const char *url);

#endif
