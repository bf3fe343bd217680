-- SPDX-License-Identifier: ISC
-- Takes back: job_life.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 3;
DROP TABLE IF EXISTS job_tells;
ALTER TABLE jobs
	DROP COLUMN IF EXISTS message,
	DROP COLUMN IF EXISTS ignore_result;

COMMIT;
