-- SPDX-License-Identifier: ISC
-- Fails unless it is said when tasks and their log are vacuumed.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / (count(DISTINCT oid) = 2)::int
FROM pg_class, unnest(reloptions) AS each
WHERE oid IN ('tasks'::regclass, 'task_events'::regclass)
	AND each LIKE 'autovacuum_vacuum_scale_factor=%';

ROLLBACK;
