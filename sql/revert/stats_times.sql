-- SPDX-License-Identifier: ISC
-- Takes back: stats_times.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 11;
DROP TABLE IF EXISTS stats_times;

COMMIT;
