-- SPDX-License-Identifier: ISC
-- Fails unless it can be told which release it was.
\set ON_ERROR_STOP on

BEGIN;

SELECT made_by FROM tasks WHERE false;
SELECT made_by FROM request_keys WHERE false;

SELECT 1 / count(*) FROM schema_version
WHERE version = @schema@ AND min_program = 1;

ROLLBACK;
