-- SPDX-License-Identifier: ISC
-- An index for each order of the list.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- Each ends in the id, which makes the order total and the keyset of a cursor
-- an index condition.  tasks_status also serves a filter by one status in the
-- default order.  Titles sort by code point, whatever the locale is.
CREATE INDEX IF NOT EXISTS tasks_created ON tasks (created_at, id);
CREATE INDEX IF NOT EXISTS tasks_updated ON tasks (updated_at, id);
CREATE INDEX IF NOT EXISTS tasks_title ON tasks (title COLLATE "C", id);
CREATE INDEX IF NOT EXISTS tasks_status ON tasks (status, created_at, id);

COMMIT;
