-- SPDX-License-Identifier: ISC
-- Fails unless there are webhooks with their deliveries.
\set ON_ERROR_STOP on

BEGIN;

SELECT id, url, events, description, enabled, disabled_reason, secret,
	secret_before, secret_before_until, failures, paused_until, created_at,
	updated_at, created_by, version
FROM webhooks WHERE false;
SELECT id, webhook_id, type, event, body, job_id, state, attempts, status,
	answer, error, created_at, since, tried_at, finished_at
FROM webhook_deliveries WHERE false;

SELECT 1 / (count(*) = 3)::int
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid IN ('webhooks'::regclass, 'webhook_deliveries'::regclass)
	AND indisvalid AND relname IN ('webhooks_created',
	'webhook_deliveries_webhook', 'webhook_deliveries_created');

SELECT 1 / count(*) FROM schema_version
WHERE version = 7 AND min_program = 1;

ROLLBACK;
