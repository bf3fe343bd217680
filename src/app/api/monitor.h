/* SPDX-License-Identifier: ISC */
/* Who may see how the service itself is doing. */
#ifndef MONITOR_H
#define MONITOR_H

#include "base/base.h"

/* True if [metrics] allow names that address, or a network that it is in. */
bool monitor_allowed(const char *address);

#endif
