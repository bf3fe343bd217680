-- SPDX-License-Identifier: ISC
-- Takes back: schema_version.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP TABLE IF EXISTS schema_version;

COMMIT;
