/* SPDX-License-Identifier: ISC */
/* The token that goes along: from a file, the environment or a login. */
#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "login.h"

struct api_token {
	const char *text;
	char *own;
	struct login login; /* if it is of one; else without an access token */
};

/* Finds the one for that address; file: what the command line names, or NULL.
 * CMD_OK, or an exit status when it has said what is missing. */
int api_token_open(struct api_token *t, const struct login_how *how,
    const char *url, const char *file) MUSTCHECK;
void api_token_close(struct api_token *t);

/* Has one that was refused renewed.  0, or -1: it is of no login, or cannot be,
 * which was said. */
int api_token_renew(struct api_token *t, const struct login_how *how) MUSTCHECK;

#endif
