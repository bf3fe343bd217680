# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Fills the database of contrib/scale.

# scale_pg [OPTION...]: the server, as one for much data is set.
scale_pg() {
	pg_start "$DATA" -c shared_buffers=2GB -c max_connections=60 \
	    -c max_wal_size=1GB -c wal_level=minimal -c max_wal_senders=0 \
	    -c maintenance_work_mem=1GB -c random_page_cost=1.1 "$@"
}

sql() {
	psql -XAtq -d "$PG" -v ON_ERROR_STOP=1 "$@"
}

# scale_create: a database with the schema.  Transactions begin in epoch 1, so
# that made-up events have the numbers of those before.
scale_create() {
	pg_create "$DATA" "$PASSWORD" >>"$D/log.txt" 2>&1 &&
	    pg_run "$PG_BIN/pg_resetwal" -e 1 "$DATA" >>"$D/log.txt" 2>&1 &&
	    scale_pg -c fsync=off -c autovacuum=off \
	    -c max_parallel_maintenance_workers=0 -c checkpoint_timeout=30min &&
	    "$BUILD/errandctl" -c "$D/errand.ini" migrate --sql "$TOP/sql" \
	    >>"$D/log.txt" 2>&1
}

# rows_of TABLE TASKS EVENTS COLUMNS: into a table that is emptied in the same
# transaction, so that rows are frozen, and not logged, when they come.
rows_of() {
	"$D/rows" "$1" "$2" "$3" "$(date +%s)" | sql -c 'BEGIN' \
	    -c "TRUNCATE ${1/#events/task_events}" \
	    -c "COPY ${1/#events/task_events} ($4) FROM STDIN (FREEZE)" \
	    -c 'DELETE FROM log_purged' -c 'COMMIT'
}

# scale_load TASKS EVENTS: all rows; then the indexes, which are quicker built
# than filled.
scale_load() {
	local begin=$SECONDS
	sql <<-'EOF' >"$D/indexes.sql"
		SELECT coalesce('ALTER TABLE ' || conrelid::regclass || ' ADD '
		    || pg_get_constraintdef(c.oid), pg_get_indexdef(indexrelid))
		    || ';' FROM pg_index LEFT JOIN pg_constraint AS c
		    ON conindid = indexrelid
		WHERE indrelid IN ('tasks'::regclass, 'task_events'::regclass)
		ORDER BY indrelid, indexrelid DESC
	EOF
	sql <<-'EOF' | sql
		SELECT CASE WHEN c.oid IS NULL THEN 'DROP INDEX ' ||
		    indexrelid::regclass ELSE 'ALTER TABLE ' ||
		    conrelid::regclass || ' DROP CONSTRAINT ' || conname END
		    || ';' FROM pg_index LEFT JOIN pg_constraint AS c
		    ON conindid = indexrelid
		WHERE indrelid IN ('tasks'::regclass, 'task_events'::regclass)
	EOF
	rows_of tasks "$1" "$2" 'id, title, description, status, created_at,
	    updated_at, created_by, version, owner'
	rows_of events "$1" "$2" 'id, task_id, version, action, actor, at,
	    changes, xid, status_was, status_now, owner'
	say "rows after $((SECONDS - begin)) s"
	while read -r each; do
		sql -c "$each"
	done <"$D/indexes.sql"
	scale_settle "$2"
	say "all after $((SECONDS - begin)) s, $(sql -c "SELECT pg_size_pretty(
	    pg_database_size(current_database()))")"
}

# scale_settle EVENTS: all that follows from the rows has happened.
scale_settle() {
	sql <<-EOF >>"$D/log.txt"
		SELECT setval(pg_get_serial_sequence('task_events', 'id'), $1);
		UPDATE log_readers SET xid = pg_snapshot_xmin(
		    pg_current_snapshot()), snapshot = pg_current_snapshot();
		INSERT INTO stats_days SELECT current_date - day, shard, 850,
		    600, 85, 100, 50, 600 FROM generate_series(0, 729) AS day,
		    generate_series(0, 15) AS shard;
		VACUUM ANALYZE tasks;
		VACUUM ANALYZE task_events;
		VACUUM ANALYZE stats_days;
	EOF
}
