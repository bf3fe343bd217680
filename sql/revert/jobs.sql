-- SPDX-License-Identifier: ISC
-- Takes back: jobs.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP TABLE IF EXISTS jobs;
DROP TYPE IF EXISTS job_state;

COMMIT;
