-- SPDX-License-Identifier: ISC
-- Fails unless the extension is there; title_fold has replaced the index.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / count(*) FROM pg_extension WHERE extname = 'pg_trgm';

ROLLBACK;
