/* SPDX-License-Identifier: ISC */
/* The part of token_factory that is about signatures. */
#ifndef TOKEN_SIGNATURES_H
#define TOKEN_SIGNATURES_H

/* Writes the cases of all algorithms. */
void token_signatures(void);

#endif
