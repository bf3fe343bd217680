-- SPDX-License-Identifier: ISC
-- A request that is sent again is made again.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 9;

DROP TABLE IF EXISTS request_keys;

COMMIT;
