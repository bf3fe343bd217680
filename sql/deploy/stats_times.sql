-- SPDX-License-Identifier: ISC
-- How long tasks took from their creation to their completion, by day.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- Only the reader of the log writes here, and there is one of it at a time.
CREATE TABLE IF NOT EXISTS stats_times (
	day date NOT NULL,
	step int NOT NULL,
	tasks bigint NOT NULL,
	PRIMARY KEY (day, step)
) WITH (fillfactor = 50);

COMMENT ON COLUMN stats_times.day IS 'In UTC, of the completion.';
COMMENT ON COLUMN stats_times.step IS
	'The task took from 2^(step / 4) seconds up to those of the next step: '
	'four steps double the time.';
COMMENT ON COLUMN stats_times.tasks IS
	'How often; a task that was created completed took no time, and is not '
	'here.';

INSERT INTO schema_version (version, min_program) VALUES (11, 1)
ON CONFLICT DO NOTHING;

COMMIT;
