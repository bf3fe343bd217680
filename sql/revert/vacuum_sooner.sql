-- SPDX-License-Identifier: ISC
-- Takes back: vacuum_sooner.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

ALTER TABLE tasks RESET (autovacuum_vacuum_scale_factor,
	autovacuum_vacuum_threshold);
ALTER TABLE task_events RESET (autovacuum_vacuum_scale_factor,
	autovacuum_vacuum_insert_scale_factor);

COMMIT;
