/* SPDX-License-Identifier: ISC */
/* Who is logged in where: tokens that errandctl keeps, and has renewed. */
#ifndef LOGIN_H
#define LOGIN_H

#include "base/arena.h"
#include "base/base.h"
#include "http/http.h"

/* All of it lives in an arena.  Addresses of the issuer may be NULL where it
 * has none. */
struct login {
	const char *url; /* of the service */
	const char *issuer, *client;
	const char *device_endpoint; /* not kept */
	const char *token_endpoint, *revocation_endpoint;
	const char *access, *refresh; /* refresh: or NULL */
	int64_t expires;              /* of access, since 1970; 0: not known */
};

/* What calls of the issuer need. */
struct login_how {
	struct http *http;
	struct arena *arena;
	const char *ca_file;
	int64_t timeout_ms;
};

/* 1 with the login at that address, 0 if there is none, or -1 when it has said
 * why it cannot be read. */
int login_load(struct arena *a, const char *url, struct login *l) MUSTCHECK;

/* Keeps it, in a file of mode 0600, and its address as the usual one.  0, or -1
 * when it has said why not. */
int login_save(const struct login *l) MUSTCHECK;

/* Forgets it, and that its address is the usual one. */
void login_forget(const char *url);

/* The address of who logged in last; it lives in a.  NULL: nobody has. */
const char *login_url(struct arena *a);

/* Has an access token renewed that is refused or about to be, unless another
 * process has done so meanwhile.  0, or -1 when it has said why not. */
int login_renew(const struct login_how *how, struct login *l) MUSTCHECK;

/* POSTs a form to the issuer.  The status; what it answers is in *json, which
 * may be NULL, or -1 with *why a sentence. */
struct json_object;
long login_post(const struct login_how *how, const char *url, const char *form,
    struct json_object **json, const char **why);

/* Takes tokens out of an answer.  False if there is none. */
bool login_take(struct login *l, struct arena *a, struct json_object *json);

#endif
