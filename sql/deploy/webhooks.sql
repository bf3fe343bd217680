-- SPDX-License-Identifier: ISC
-- Webhooks, and each message that was, or is to be, sent to one.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

CREATE TABLE IF NOT EXISTS webhooks (
	id uuid PRIMARY KEY,
	url text NOT NULL,
	events text[] NOT NULL,
	description text,
	enabled boolean NOT NULL DEFAULT true,
	disabled_reason text,
	secret text NOT NULL,
	secret_before text,
	secret_before_until timestamptz,
	failures int NOT NULL DEFAULT 0,
	paused_until timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL,
	version bigint NOT NULL DEFAULT 1,
	CONSTRAINT webhooks_url CHECK (char_length(url) BETWEEN 1 AND 2048),
	CONSTRAINT webhooks_description CHECK (char_length(description) <= 1000),
	CONSTRAINT webhooks_failures CHECK (failures >= 0)
);

COMMENT ON COLUMN webhooks.secret IS
	'As the receiver has it, since messages are signed with it: whoever reads '
	'this table can sign as Errand does.';
COMMENT ON COLUMN webhooks.secret_before IS
	'Messages are signed with it as well until secret_before_until.';
COMMENT ON COLUMN webhooks.failures IS
	'Tries without an answer since the last one with one; while paused_until '
	'lies ahead there is no other.';

CREATE INDEX IF NOT EXISTS webhooks_created ON webhooks (created_at, id);

-- No foreign key: what was sent to a webhook goes by its age, and deleting a
-- webhook takes no longer the more that was.
CREATE TABLE IF NOT EXISTS webhook_deliveries (
	id uuid PRIMARY KEY,
	webhook_id uuid NOT NULL,
	type text NOT NULL,
	event bigint,
	body text NOT NULL,
	job_id uuid NOT NULL,
	state text NOT NULL DEFAULT 'pending',
	attempts int NOT NULL DEFAULT 0,
	status int,
	answer text,
	error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	since timestamptz NOT NULL DEFAULT now(),
	tried_at timestamptz,
	finished_at timestamptz,
	CONSTRAINT webhook_deliveries_state
		CHECK (state IN ('pending', 'delivered', 'failed')),
	CONSTRAINT webhook_deliveries_attempts CHECK (attempts >= 0)
);

COMMENT ON COLUMN webhook_deliveries.id IS
	'The header webhook-id, however often it is sent.';
COMMENT ON COLUMN webhook_deliveries.event IS
	'The number of the event of a task that it is about; null: a test.';
COMMENT ON COLUMN webhook_deliveries.body IS
	'The bytes that are signed and sent.';
COMMENT ON COLUMN webhook_deliveries.since IS
	'When it was first due; a replay begins anew.';

CREATE INDEX IF NOT EXISTS webhook_deliveries_webhook
	ON webhook_deliveries (webhook_id, created_at, id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_created
	ON webhook_deliveries (created_at);

INSERT INTO schema_version (version, min_program) VALUES (7, 1)
ON CONFLICT DO NOTHING;

COMMIT;
