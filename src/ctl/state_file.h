/* SPDX-License-Identifier: ISC */
/* Where errandctl keeps what a user's later commands need. */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include "base/base.h"

/* The path of a file of that name in $XDG_STATE_HOME/errand, or in
 * ~/.local/state/errand, or NULL.  The caller frees it.  make: the folder is
 * made, for its owner only, and NULL comes when it has said why not. */
char *state_file(const char *name, bool make);

#endif
