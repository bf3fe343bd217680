-- SPDX-License-Identifier: ISC
-- Takes back: webhook_reader.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 8;

DO $$
BEGIN
	IF to_regclass('log_readers') IS NOT NULL THEN
		DELETE FROM log_readers WHERE name = 'webhooks';
	END IF;
END
$$;

COMMIT;
