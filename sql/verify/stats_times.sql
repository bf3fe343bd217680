-- SPDX-License-Identifier: ISC
-- Fails unless times can be counted by day.
\set ON_ERROR_STOP on

BEGIN;

SELECT day, step, tasks FROM stats_times WHERE false;

SELECT 1 / count(*) FROM schema_version
WHERE version = 11 AND min_program = 1;

ROLLBACK;
