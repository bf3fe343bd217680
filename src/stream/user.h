/* SPDX-License-Identifier: ISC */
/* How many streams each user has. */
#ifndef USER_H
#define USER_H

#include "base/base.h"

struct users;
struct user;

struct users *users_new(void);
void users_free(struct users *users);

/* One more stream of that subject, or NULL if it has max already. */
struct user *user_enter(struct users *users, const char *subject, size_t max);

/* One less; NULL is fine. */
void user_leave(struct users *users, struct user *user);

#endif
