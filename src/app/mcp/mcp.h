/* SPDX-License-Identifier: ISC */
/* The Model Context Protocol over HTTP: our own operations as tools of
 * agents. */
#ifndef MCP_H
#define MCP_H

/* Forgets the tools, which are made at first use.  The handler is h_mcp
 * (api/handlers.h): it leaves a call of a tool to the router as a request
 * within its own (answer/call.h), to be judged as any other. */
void mcp_free(void);

#endif
