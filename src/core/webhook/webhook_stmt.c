/* SPDX-License-Identifier: ISC */
/* The statements about webhooks. */
#include "config.h"

#include "webhook_own.h"

#define STMT PG_DEFINE
#include "webhook.def"
#undef STMT
