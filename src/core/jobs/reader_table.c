/* SPDX-License-Identifier: ISC */
/* Which readers of the log there are. */
#include "config.h"

#include "reader.h"
#include "stats.h"

const struct reader readers[READER__MAX] = {
#define READER(name, read) { #name, read },
#include "readers.def"
};
