-- SPDX-License-Identifier: ISC
-- Fails unless stats are as deployed.
\set ON_ERROR_STOP on

BEGIN;

SELECT day, shard, created, completed, deleted, pending_more,
	in_progress_more, completed_more
FROM stats_days WHERE false;

ROLLBACK;
