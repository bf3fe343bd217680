-- SPDX-License-Identifier: ISC
-- Webhooks are told of what is added to the log from now on.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

INSERT INTO log_readers (name) VALUES ('webhooks')
ON CONFLICT DO NOTHING;

INSERT INTO schema_version (version, min_program) VALUES (8, 1)
ON CONFLICT DO NOTHING;

COMMIT;
