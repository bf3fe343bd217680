-- SPDX-License-Identifier: ISC
-- Fails unless webhooks have a position in the log.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / count(*) FROM log_readers WHERE name = 'webhooks';

SELECT 1 / count(*) FROM schema_version
WHERE version = 8 AND min_program = 1;

ROLLBACK;
