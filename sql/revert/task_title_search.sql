-- SPDX-License-Identifier: ISC
-- Takes back: task_title_search, but not the extension.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP INDEX IF EXISTS tasks_title_trgm;

COMMIT;
