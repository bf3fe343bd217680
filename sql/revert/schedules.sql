-- SPDX-License-Identifier: ISC
-- Takes back: schedules.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 14;
DROP TABLE IF EXISTS schedules;

COMMIT;
