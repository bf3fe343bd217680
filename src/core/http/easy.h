/* SPDX-License-Identifier: ISC */
/* Easy handles of libcurl: opened for good, and set by a table. */
#ifndef EASY_H
#define EASY_H

#include <curl/curl.h>

#include "base/base.h"

/* A row with what the option takes: a number, or a pointer (texts too).  A NULL
 * pointer leaves the option as libcurl has it. */
struct easy_option {
	CURLoption option;
	long number;
	const void *pointer;
};

/* Never NULL: without libcurl the process ends. */
CURL *easy_new(void);
void easy_free(CURL *curl);

/* Sets the options in their order, up to the first that fails. */
CURLcode easy_set(CURL *curl, const struct easy_option *options, size_t n)
    MUSTCHECK;

/* Ends the process: libcurl cannot do what needs nothing but memory. */
NORETURN void easy_broken(void);

#endif
