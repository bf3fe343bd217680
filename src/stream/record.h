/* SPDX-License-Identifier: ISC */
/* Records of FastCGI, as a responder reads and writes them. */
#ifndef RECORD_H
#define RECORD_H

#include "base/base.h"
#include "base/buf.h"

#define RECORD_HEAD 8
#define RECORD_MAX  65528 /* bytes of content that we put into one */

enum record_type {
	RECORD_BEGIN = 1,
	RECORD_ABORT = 2,
	RECORD_END = 3,
	RECORD_PARAMS = 4,
	RECORD_STDIN = 5,
	RECORD_STDOUT = 6,
	RECORD_GET_VALUES = 9,
	RECORD_GET_VALUES_RESULT = 10,
	RECORD_UNKNOWN_TYPE = 11
};

/* How a request has ended. */
enum record_status {
	RECORD_COMPLETE = 0,
	RECORD_CANNOT_MULTIPLEX = 1,
	RECORD_UNKNOWN_ROLE = 3
};

struct record {
	uint8_t type;
	uint16_t id; /* of the request; 0: it is about the connection */
	const uint8_t *content;
	size_t len;
	size_t size; /* of all of it */
};

/* Reads the record at the start of data.  1, 0 if it is not whole yet, or -1 if
 * it is none. */
int record_parse(const void *data, size_t len, struct record *out) MUSTCHECK;

/* What BEGIN asks for; false if it is not one of a responder. */
bool record_begin(const struct record *r, bool *keep);

/* Writes the head of a record. */
void record_head(uint8_t out[RECORD_HEAD], enum record_type type, uint16_t id,
    size_t len);

/* Adds content as records of STDOUT, as many as it takes. */
void record_add_text(struct buf *b, uint16_t id, const char *text, size_t len);

/* Adds the end of a request. */
void record_add_end(struct buf *b, uint16_t id, enum record_status status);

/* Adds the answer to a record about the connection. */
void record_add_about(struct buf *b, const struct record *r);

/* One parameter: a name and a value, neither of them terminated. */
struct record_pair {
	const char *name, *value;
	size_t name_len, value_len;
};

/* Takes the next one off *at.  1, 0 at the end, or -1 if there is something
 * else. */
int record_pair(const char **at, const char *end, struct record_pair *out)
    MUSTCHECK;

#endif
