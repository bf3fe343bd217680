-- SPDX-License-Identifier: ISC
-- Takes back: job_limits.  What is held back is due.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 15;
UPDATE jobs SET run_at = due_at
WHERE due_at < run_at AND state IN ('queued', 'retrying');
ALTER TABLE jobs DROP COLUMN IF EXISTS due_at,
	DROP COLUMN IF EXISTS priority;
DROP TABLE IF EXISTS job_limits;

COMMIT;
