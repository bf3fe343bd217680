-- SPDX-License-Identifier: ISC
-- Fails unless schedules can be noted.
\set ON_ERROR_STOP on

BEGIN;

SELECT kind, spec, next_at, last_at, seen_at FROM schedules WHERE false;

SELECT 1 / count(*) FROM schema_version
WHERE version = 14 AND min_program = 1;

ROLLBACK;
