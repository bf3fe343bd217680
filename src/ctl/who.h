/* SPDX-License-Identifier: ISC */
/* Who speaks on standard error, and how it ends. */
#ifndef WHO_H
#define WHO_H

#define API_WHO "errandctl tasks: "

/* Exit statuses beyond those of cmd.h. */
#define API_ABSENT   3 /* no such task */
#define API_DENIED   4 /* no token, a bad one, or too few rights */
#define API_CONFLICT 5 /* it was changed meanwhile */
#define API_AWAY     6 /* no answer, or the service cannot at the moment */

#endif
