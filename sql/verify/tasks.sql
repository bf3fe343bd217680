-- SPDX-License-Identifier: ISC
-- Fails unless tasks are as deployed.
\set ON_ERROR_STOP on

BEGIN;

SELECT id, title, description, status, created_at, updated_at, created_by,
	version
FROM tasks WHERE false;

SELECT 1 / (enum_range(NULL::task_status)::text
	= '{pending,in-progress,completed}')::int;

ROLLBACK;
