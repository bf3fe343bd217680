-- SPDX-License-Identifier: ISC
-- Fails unless this release is on record.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / count(*) FROM schema_version
WHERE version = 1 AND min_program = 1;

ROLLBACK;
