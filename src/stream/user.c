/* SPDX-License-Identifier: ISC */
/* Counts streams by the subjects of their tokens. */
#include "config.h"

#include "user.h"

#include <stdlib.h>

#include "base/str.h"
#include "base/xalloc.h"

#define USER_LISTS 4096

struct user {
	struct user *next;
	size_t n;
	size_t list;
	char *subject;
};

struct users {
	struct user *lists[USER_LISTS];
};

struct users *
users_new(void)
{
	return xcalloc(1, sizeof(struct users));
}

static void
user_free(struct user *u)
{
	free(u->subject);
	free(u);
}

void
users_free(struct users *users)
{
	for (size_t i = 0; users != NULL && i < USER_LISTS; i++)
		while (users->lists[i] != NULL) {
			struct user *u = users->lists[i];

			users->lists[i] = u->next;
			user_free(u);
		}
	free(users);
}

/* Subjects are the issuer's: nobody chooses them so that they fall together. */
static size_t
user_list(const char *subject)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *subject != '\0'; subject++)
		h = (h ^ (uint8_t)*subject) * UINT64_C(1099511628211);
	return (size_t)(h % USER_LISTS);
}

struct user *
user_enter(struct users *users, const char *subject, size_t max)
{
	size_t list = user_list(subject);
	struct user *u = users->lists[list];

	while (u != NULL && !str_eq(u->subject, subject))
		u = u->next;
	if (u == NULL) {
		u = xcalloc(1, sizeof(*u));
		u->subject = xstrdup(subject);
		u->list = list;
		u->next = users->lists[list];
		users->lists[list] = u;
	}
	if (u->n >= max)
		return NULL;
	u->n++;
	return u;
}

void
user_leave(struct users *users, struct user *user)
{
	struct user **at;

	if (user == NULL || --user->n > 0)
		return;
	at = &users->lists[user->list];
	while (*at != user)
		at = &(*at)->next;
	*at = user->next;
	user_free(user);
}
