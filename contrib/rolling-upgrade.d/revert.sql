-- SPDX-License-Identifier: ISC
-- Nobody asks which release it was.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = @schema@;

ALTER TABLE tasks DROP COLUMN IF EXISTS made_by;
ALTER TABLE request_keys DROP COLUMN IF EXISTS made_by;

COMMIT;
