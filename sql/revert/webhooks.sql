-- SPDX-License-Identifier: ISC
-- Webhooks and what was sent to them are gone for good.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 7;

-- Those that wait for their turn have nothing to send any more.
DELETE FROM jobs WHERE kind = 'errand.deliver_webhook'
	AND state IN ('queued', 'published', 'retrying');

DROP TABLE IF EXISTS webhook_deliveries;
DROP TABLE IF EXISTS webhooks;

COMMIT;
