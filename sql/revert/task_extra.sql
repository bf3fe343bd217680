-- SPDX-License-Identifier: ISC
-- Takes back: task_extra.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 12;
ALTER TABLE tasks DROP COLUMN IF EXISTS extra;
DROP FUNCTION IF EXISTS extra_merge(jsonb, jsonb);

COMMIT;
