/* SPDX-License-Identifier: ISC */
/* Which addresses mail may go to. */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/arena.h"
#include "base/base.h"

#define MAIL_ADDRESS_MAX 254 /* RFC 5321, without the angle brackets */
#define MAIL_DOMAIN_MAX  253

/* NULL if the text is one plain address, local@domain, or what is wrong with
 * it as a sentence without a full stop.  Quoted local parts, comments, names,
 * lists, address literals and whatever is not ASCII are refused. */
const char *mail_address_judge(const char *text, size_t len);

/* The same for a domain or the name of a host. */
const char *mail_domain_judge(const char *text, size_t len);

/* The address as mail servers take it, in the arena: a domain in other scripts,
 * in UTF-8, becomes its form with xn--.  NULL if that is no good address, with
 * *why as above. */
const char *mail_address_ascii(struct arena *a, const char *text, size_t len,
    const char **why) MUSTCHECK;

/* The same for a domain. */
const char *mail_domain_ascii(struct arena *a, const char *text, size_t len,
    const char **why) MUSTCHECK;

/* Splits "Name <local@domain>", with quotes around the name or without, or an
 * address alone: then the name is "".  Both go to the arena, and the address is
 * not judged.  NULL, or what is wrong, as above. */
const char *mail_name_split(struct arena *a, const char *text,
    const char **name, const char **address) MUSTCHECK;

/* What stands behind the @ of a good address. */
const char *mail_address_domain(const char *address);

#endif
