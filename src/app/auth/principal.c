/* SPDX-License-Identifier: ISC */
/* The names of the roles. */
#include "config.h"

#include "principal.h"

const char *const role_names[ROLE__MAX] = {
	[ROLE_USER] = "user",
	[ROLE_ADMIN] = "admin",
};
