/* SPDX-License-Identifier: ISC */
/* Who is asking: an Authorization header in, a principal or a refusal out. */
#ifndef AUTH_H
#define AUTH_H

#include "base/arena.h"
#include "base/base.h"
#include "conf/conf.h"
#include "principal.h"

struct auth;

/* Reads [auth].  Tries to fetch the key set once; if that fails, it is tried
 * again by auth_chores.  Never NULL. */
struct auth *auth_new(void);
void auth_free(struct auth *auth);

/* Judges the value of the one Authorization header (NULL if there was none).
 * On AUTH_OK *who is set and lives in the arena or in the token cache: until
 * the next call of any function here.  On AUTH_INVALID and AUTH_MALFORMED
 * *why is a constant text fit for error_description; the log has the rest.
 * May fetch the key set once if the key is unknown. */
enum auth_result auth_check(struct auth *auth, const char *authorization,
    struct arena *a, const struct principal **who, const char **why) MUSTCHECK;

/* The claim that says whose a task is, by [rbac] tasks; *shared: everybody sees
 * all of them nevertheless. */
const char *auth_owner(bool *shared);

/* True if who may do what that rule of [rbac] is about. */
bool auth_may(const struct auth *auth, const struct principal *who,
    enum conf_rule rule);

/* A sentence about what who would need, in the arena.  *scopes is what would
 * do if the token had it, separated by spaces; NULL: no scopes alone would. */
const char *auth_lacks(const struct auth *auth, const struct principal *who,
    enum conf_rule rule, struct arena *a, const char **scopes);

/* The next role of who that counts here, for *i from 0 on; NULL: no more. */
const char *auth_role(const struct auth *auth, const struct principal *who,
    size_t *i);

/* The scope number i of those that [rbac] names; NULL: there are not so
 * many. */
const char *auth_scope(const struct auth *auth, size_t i);

/* For the token that auth_check has just accepted as that of who, and a route
 * of that rule: asks the issuer whether it is still in force, if [auth]
 * introspect says so and if it was not asked a moment ago.  AUTH_OK,
 * AUTH_INVALID with *why as above, or AUTH_UNAVAILABLE if the issuer has given
 * no usable answer.  who stays as it is.  The header must still be there. */
enum auth_result auth_confirm(struct auth *auth, const struct principal *who,
    enum conf_rule rule, const char **why) MUSTCHECK;

/* Whether that is so for that rule. */
bool auth_confirms(const struct auth *auth, enum conf_rule rule);

/* Work between requests: fetches the key set when it is missing or old.
 * Returns microseconds until it wants to be called again. */
int64_t auth_chores(struct auth *auth);

/* For /health: false if there is no usable key set.  *age_s is the age of the
 * set in seconds, *keys the number of its usable keys, *fetch_us how long its
 * last fetch took. */
bool auth_ready(const struct auth *auth, int64_t *age_s, int *keys,
    int64_t *fetch_us);

/* For /health: how the questions go that are asked about tokens where [auth]
 * introspect says so.  After a question without an answer the issuer is not
 * asked for a while; AUTH_ASKS_LATER is that, if it concerns all routes.  *why
 * is a constant in both cases, else NULL. */
enum auth_asks {
	AUTH_ASKS_NOBODY,
	AUTH_ASKS_WELL,
	AUTH_ASKS_IN_VAIN,
	AUTH_ASKS_LATER
};
enum auth_asks auth_asks(const struct auth *auth, const char **why);

#endif
