/* SPDX-License-Identifier: ISC */
/* Where errandctl keeps what a user's later commands need. */
#ifndef STATE_FILE_H
#define STATE_FILE_H

/* The path of a file of that name in $XDG_STATE_HOME/errand, or in
 * ~/.local/state/errand; the folder is made, for its owner only.  The caller
 * frees it.  NULL when it has said why not. */
char *state_file(const char *name);

#endif
