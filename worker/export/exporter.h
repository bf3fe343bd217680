/* SPDX-License-Identifier: ISC */
/* The child that sends the spans of all processes of the host. */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "crew/crew.h"

/* Runs in its child, until SIGTERM. */
int exporter_main(void *crew);

#endif
