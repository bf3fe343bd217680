-- SPDX-License-Identifier: ISC
-- Fails unless tasks have additional data that can be merged and found.
\set ON_ERROR_STOP on

BEGIN;

SELECT extra FROM tasks WHERE false;

SELECT 1 / (extra_merge('{"a": {"b": 1, "c": 2}, "d": 3}',
	'{"a": {"b": null}, "d": [1, null]}')
	= '{"a": {"c": 2}, "d": [1, null]}')::int;

SELECT 1 / count(*)
FROM pg_index
WHERE indisvalid AND indexrelid::regclass::text = 'tasks_extra';

SELECT 1 / count(*) FROM schema_version
WHERE version = 12 AND min_program = 1;

ROLLBACK;
