/* SPDX-License-Identifier: ISC */
/* The parent: keeps children at work, within their limits; does none itself. */
#ifndef POOL_H
#define POOL_H

#include "crew/crew.h"

/* Runs until told to stop.  What main shall return. */
int pool_main(enum crew_roles roles);

#endif
