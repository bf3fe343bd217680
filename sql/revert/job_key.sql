-- SPDX-License-Identifier: ISC
-- Takes back: job_key.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 13;
ALTER TABLE jobs DROP COLUMN IF EXISTS unique_key;

COMMIT;
