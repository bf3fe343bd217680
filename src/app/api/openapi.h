/* SPDX-License-Identifier: ISC */
/* The API's description, which lies in the program itself. */
#ifndef OPENAPI_H
#define OPENAPI_H

#include "base/base.h"

/* openapi.json with servers set to [http] base_path, and with security as
 * [rbac] says.  Made at first use. */
const char *openapi_text(size_t *len);

void openapi_free(void);

#endif
