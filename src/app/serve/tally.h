/* SPDX-License-Identifier: ISC */
/* Counts and logs requests, in the words of the routes' table. */
#ifndef TALLY_H
#define TALLY_H

#include <sys/socket.h>

#include "answer/call.h"
#include "metric/metric.h"

/* Opens the metrics of this process in that role, as [metrics] says. */
void tally_open(enum metric_word role);

/* Says where the process accepts, as getsockname has it. */
void tally_socket(const struct sockaddr_storage *sa, socklen_t len);

/* Counts a call that is answered, after so many microseconds. */
void tally_request(const struct call *c, int64_t us);

/* The line of a call that has begun at start (clock_mono_us); what there is
 * none of is left out. */
void tally_log(const struct call *c, int64_t start);

#endif
