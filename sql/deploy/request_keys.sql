-- SPDX-License-Identifier: ISC
-- What was answered to requests with an Idempotency-Key, so that each is made
-- once however often it is sent.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

CREATE TABLE IF NOT EXISTS request_keys (
	id bytea PRIMARY KEY,
	fingerprint bytea NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	status int,
	type text,
	caching text,
	head text,
	body text,
	CONSTRAINT request_keys_id CHECK (octet_length(id) = 32),
	CONSTRAINT request_keys_fingerprint
		CHECK (octet_length(fingerprint) = 32)
) WITH (fillfactor = 70);

COMMENT ON COLUMN request_keys.id IS
	'SHA-256 of who sent the request (sub of the token) and of its key.';
COMMENT ON COLUMN request_keys.fingerprint IS
	'SHA-256 of what was asked for: method, path and body.';
COMMENT ON COLUMN request_keys.body IS
	'As it was answered: the secret of a new webhook is in it.';

CREATE INDEX IF NOT EXISTS request_keys_created
	ON request_keys (created_at);

INSERT INTO schema_version (version, min_program) VALUES (9, 1)
ON CONFLICT DO NOTHING;

COMMIT;
