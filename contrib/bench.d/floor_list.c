/* SPDX-License-Identifier: ISC */
/* The least that a first page can cost: the same prepared query, its rows
 * printed.  Argument: the connection string. */
#include <libpq-fe.h>

#include "floor.h"

static PGconn *pg;

/* Text is printed as it is: the rows of the measurement need no escapes. */
static int
fill(char *body, size_t size)
{
	PGresult *r = PQexecPrepared(pg, "list", 0, NULL, NULL, NULL, 0);
	int len = 0, row, rows = PQntuples(r);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		return -1;
	len += snprintf(body, size, "{\"data\":[");
	for (row = 0; row < rows && (size_t)len < size - 1024; row++)
		len += snprintf(body + len, size - (size_t)len,
		    "%s{\"id\":\"%s\",\"title\":\"%s\",\"description\":null,"
		    "\"status\":\"%s\",\"created_at\":\"%s\","
		    "\"updated_at\":\"%s\",\"created_by\":\"%s\"}",
		    row > 0 ? "," : "", PQgetvalue(r, row, 0),
		    PQgetvalue(r, row, 1), PQgetvalue(r, row, 3),
		    PQgetvalue(r, row, 4), PQgetvalue(r, row, 5),
		    PQgetvalue(r, row, 6));
	len +=
	    snprintf(body + len, size - (size_t)len, "],\"next_cursor\":null}");
	PQclear(r);
	return len;
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	pg = PQconnectdb(argv[1]);
	PQclear(PQprepare(pg, "list",
	    "SELECT id, title, description, status, created_at, updated_at,"
	    " created_by, version FROM tasks"
	    " ORDER BY created_at DESC, id DESC LIMIT 21",
	    0, NULL));
	if (PQstatus(pg) != CONNECTION_OK)
		return 1;
	return floor_serve(fill);
}
