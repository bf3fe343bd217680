/* SPDX-License-Identifier: ISC */
/* What the floors share: the smallest loop that answers with JSON. */
#ifndef FLOOR_H
#define FLOOR_H

#include <fcgiapp.h>

#include <stdio.h>

/* Answers each request with what fill puts into body; -1 ends the program. */
static int
floor_serve(int (*fill)(char *body, size_t size))
{
	static char wire[1 << 16], body[1 << 15];
	FCGX_Request r;
	int len, n;

	FCGX_Init();
	FCGX_InitRequest(&r, 0, 0);
	while (FCGX_Accept_r(&r) == 0) {
		len = fill(body, sizeof(body));
		if (len == -1)
			return 1;
		n = snprintf(wire, sizeof(wire),
		    "Status: 200 OK\r\nContent-Type: application/json\r\n"
		    "Content-Length: %d\r\n\r\n%.*s",
		    len, len, body);
		FCGX_PutStr(wire, n, r.out);
	}
	return 0;
}

#endif
