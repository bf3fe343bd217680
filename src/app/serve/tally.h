/* SPDX-License-Identifier: ISC */
/* Counts requests, in the words of the routes' table. */
#ifndef TALLY_H
#define TALLY_H

#include <sys/socket.h>

#include "answer/call.h"

/* Opens the metrics of this process, as [metrics] says. */
void tally_open(void);

/* Says where the process accepts, as getsockname has it. */
void tally_socket(const struct sockaddr_storage *sa, socklen_t len);

/* Counts a call that is answered, after so many microseconds. */
void tally_request(const struct call *c, int64_t us);

#endif
