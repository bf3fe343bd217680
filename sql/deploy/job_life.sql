-- SPDX-License-Identifier: ISC
-- The message behind a job, and what its sender is still to be told.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

ALTER TABLE jobs
	ADD COLUMN IF NOT EXISTS message text,
	ADD COLUMN IF NOT EXISTS ignore_result boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN jobs.message IS
	'The message of somebody else that made the job, as it came: what is '
	'sent again is the same.';
COMMENT ON COLUMN jobs.ignore_result IS
	'Its sender does not wait for a result.';

-- The statement that closes a job puts down here that its sender is to be
-- told; the row goes when that is done.
CREATE TABLE IF NOT EXISTS job_tells (
	job_id uuid PRIMARY KEY,
	tell_at timestamptz NOT NULL DEFAULT now() + interval '3 s',
	tag text,
	value text,
	exception text
);

COMMENT ON COLUMN job_tells.tell_at IS
	'When a relay does it, unless the run itself has done it before.';
COMMENT ON COLUMN job_tells.tag IS
	'The delivery whose run has closed the job, if one has.';
COMMENT ON COLUMN job_tells.value IS
	'What a success came to, as JSON.';
COMMENT ON COLUMN job_tells.exception IS
	'The type of a failure for Celery, with its module.';

CREATE INDEX IF NOT EXISTS job_tells_at ON job_tells (tell_at);

-- Programs of the release before may write the jobs that they know, and need no
-- right on the new table: they tell by themselves.
INSERT INTO schema_version (version, min_program) VALUES (3, 1)
ON CONFLICT DO NOTHING;

COMMIT;
