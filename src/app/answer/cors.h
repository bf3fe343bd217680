/* SPDX-License-Identifier: ISC */
/* Cross-origin answers for the origins in [http] cors_origins. */
#ifndef CORS_H
#define CORS_H

#include "call.h"

/* Adds what a page of a configured origin needs to read the answer. */
void cors_headers(struct call *c);

/* Adds what a preflight asks for; allow is the value of Allow. */
void cors_preflight(struct call *c, const char *allow);

#endif
