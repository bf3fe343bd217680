-- SPDX-License-Identifier: ISC
-- Takes back: stats.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP TABLE IF EXISTS stats_days;

COMMIT;
