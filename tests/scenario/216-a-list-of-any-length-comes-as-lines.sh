#!/bin/bash
# SPDX-License-Identifier: ISC
# GET /tasks gives all tasks of a list as NDJSON or CSV: as they were at one
# moment, as errandctl writes and reads them, in little memory, and wholly or
# not at all.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=3 stack_up tasks.extra_other=pass http.exports=1 http.export_folder="$D" \
    database.query_timeout=60s
unset ERRAND_CONFIG
export ERRAND_URL=http://127.0.0.1:$PORT$BASE XDG_STATE_HOME=$D/state
NDJSON=application/x-ndjson CSV='text/csv; charset=utf-8'

# lines ACCEPT [QUERY [CURL ARGUMENT...]]: asks for the list in that form.
lines() {
	api GET "/tasks${2:-}" -H "Accept: $1" "${@:3}"
}

# given ACCEPT TYPE: who accepts that gets this type.
given() {
	lines "$1" '?limit=1'
	expect_status 200
	expect_same "the type for $1" "$(header Content-Type)" "$2"
	expect_header Vary Accept
}

# tasks ARGUMENT...: what errandctl tasks prints.
tasks() {
	ERRAND_TOKEN=$TOKEN "$BUILD/errandctl" tasks "$@" >"$D/out" \
	    2>"$D/err" || fail "errandctl tasks $*: $(tail "$D/out" "$D/err")"
}

# ids ORDER: of all tasks, as PostgreSQL orders them.
ids() {
	psql_q "SELECT id FROM tasks ORDER BY $1"
}

step "of no task there is a list, too"
lines "$NDJSON"
expect_status 200
expect_empty_body
lines text/csv
expect_same "all of it" "$(od -An -c "$BODY" | tr -d ' \n')" \
    'id,title,description,status,created_at,updated_at,created_by,extra\r\n'

psql_q "INSERT INTO tasks (id, title, description, status, created_by,
    created_at, updated_at, extra)
    SELECT gen_random_uuid(), CASE n % 5 WHEN 0 THEN 'a, \"b\"' WHEN 1
    THEN ' blanks ' WHEN 2 THEN E'tab\tand\nline' WHEN 3 THEN E'\u6f22\u5b57'
    ELSE '=1+1' END || n / 7, CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN ''
    WHEN 2 THEN E'one\r\ntwo\n\n' ELSE repeat(E'\"q\", \e[31m\u00e9/', 700) END,
    (ARRAY['pending', 'in-progress', 'completed'])[1 + n % 3]::task_status,
    'alice', now() - n / 3 * interval '1 ms', now() + n / 3 * interval '1 ms',
    CASE n % 9 WHEN 0 THEN jsonb_build_object('a', n, 'b c',
    E'\\\\ \\\" : , ', 'd', 0.10) END
    FROM generate_series(1, 3100) AS n"
"$BUILD/errandctl" -c "$D/errand.ini" cache flush >"$D/flushed"

step "in each order all of them come, and as errandctl has them"
for order in created_at updated_at title status; do
	by=$order
	[ "$by" != title ] || by='title COLLATE "C"'
	[ "$by" != status ] || by="status, created_at"
	for down in '' -; do
		lines "$NDJSON" "?sort=$down$order"
		expect_status 200
		jq -r .id "$BODY" >"$D/ids"
		ids "${by//,/${down:+ DESC},}${down:+ DESC}, id${down:+ DESC}" |
		    cmp - "$D/ids" || fail "by $down$order something else comes"
	done
done
lines "$NDJSON" '?sort=created_at'
expect_header X-Changes-Cursor '.+'
cp "$BODY" "$D/all.ndjson"
lines text/csv '?sort=created_at'
cp "$BODY" "$D/all.csv"
for format in ndjson csv; do
	tasks export -F "$format"
	cmp "$D/out" "$D/all.$format" || fail "$format differs"
done
fcgi GET '/tasks?sort=created_at' --param HTTP_ACCEPT=text/csv
expect_header Content-Length "$(wc -c <"$D/all.csv")"
cmp "$BODY" "$D/all.csv" || fail "another list comes the second time"

step "filters, limit and cursor are those of the list"
lines "$NDJSON" '?status=pending&title=LINE'
expect_same "the number" "$(wc -l <"$BODY")" "$(psql_q "SELECT count(*)
    FROM tasks WHERE status = 'pending' AND title LIKE '%line%'")"
lines "$NDJSON" '?offset=3000'
expect_same "the number" "$(wc -l <"$BODY")" 100
expect_no_header Link
lines "$NDJSON" '?sort=created_at&limit=70'
head -n 70 "$D/all.ndjson" | cmp - "$BODY" || fail "not the first 70"
NEXT=$(header Link)
NEXT=${NEXT#*\?} NEXT=${NEXT%%>*}
lines "$NDJSON" "?$NEXT"
sed -n '71,140p' "$D/all.ndjson" | cmp - "$BODY" || fail "not the next 70"
lines "$NDJSON" "?${NEXT/limit=70/}"
tail -n +71 "$D/all.ndjson" | cmp - "$BODY" || fail "not the rest"
lines text/csv '?count=exact'
expect_problem 422
lines "$NDJSON" '?limit=101'
expect_problem 422
lines "$NDJSON" '' -H 'If-Match: "7"'
expect_problem 412
for how in "$NDJSON" text/csv; do
	fcgi HEAD /tasks --param HTTP_ACCEPT="$how"
	expect_status 200
	expect_empty_body
	expect_no_header Content-Length
done

step "the form is the one that is wanted most"
given "$NDJSON" "$NDJSON"
given text/csv "$CSV"
given 'TEXT/CSV; header=present' "$CSV"
given "text/html, application/json;q=0.5, text/*;q=0.7" "$CSV"
given "$NDJSON;q=0, text/csv;q=0.1" "$CSV"
given "*/*" application/json
given "text/html" application/json
given "$NDJSON;q=0.9, */*" application/json
given "application/json, $NDJSON, text/csv" application/json

step "what has gone out comes in"
for format in ndjson csv; do
	psql_q "DELETE FROM tasks"
	"$BUILD/errandctl" -c "$D/errand.ini" cache flush >"$D/flushed"
	head -n 400 "$D/all.$format" >"$D/some.$format"
	[ "$format" = ndjson ] || head -c "$(grep -abo '^[0-9a-f-]\{36\},' \
	    "$D/all.csv" | sed -n '401s/:.*//p')" "$D/all.csv" >"$D/some.csv"
	tasks import "$D/some.$format"
	lines "$NDJSON" '?sort=created_at'
	jq -cS '{title, description, status}' "$BODY" | sort >"$D/came"
	head -n 400 "$D/all.ndjson" | jq -cS '{title, description, status}' |
	    sort | cmp - "$D/came" || fail "by $format something else came in"
done

step "it is as it was at one moment, whatever is changed meanwhile"
psql_q "WITH two AS ((SELECT id FROM tasks ORDER BY created_at, id LIMIT 1)
    UNION ALL (SELECT id FROM tasks ORDER BY created_at DESC, id DESC LIMIT 1))
    UPDATE tasks SET title = 'twin', description = '0'
    WHERE id IN (SELECT id FROM two)"
seq -f "UPDATE tasks SET description = '%.0f' WHERE title = 'twin';" 1000000 \
    >"$D/twins.sql"
launch twins psql -XAtq -d "$PG" -f "$D/twins.sql"
for ((i = 0; i < 8; i++)); do
	lines "$NDJSON" '?sort=created_at'
	expect_status 200
	expect_same "what both twins have" "$(jq -r 'select(.title == "twin") |
	    .description' "$BODY" | sort | uniq -c | awk '{ print $1 }')" 2
done
stop twins
expect_soon 20 psql_is "SELECT count(*) FROM pg_stat_activity
    WHERE query LIKE 'UPDATE tasks%'" 0

step "only so many are made at once"
# held: nobody reads tasks until COMMIT goes to LOCK.
held() {
	rm -f "$D/log/lock.log" # of the one before
	exec {LOCK}> >(exec psql -XAtq -d "$PG" >"$D/log/lock.log" 2>&1)
	echo "BEGIN; LOCK TABLE tasks; SELECT 'held';" >&"$LOCK"
	expect_soon 10 grep -qs held "$D/log/lock.log"
}
held
first() {
	curl -qsS -m 600 -H "Authorization: Bearer $TOKEN" \
	    -H "Accept: $NDJSON" -o "$D/first" -w '%{http_code}\n' \
	    "$ERRAND_URL/tasks?sort=created_at" >"$D/first.status"
}
first &
FIRST=$!
expect_soon 20 psql_is "SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%FROM tasks%'" 1
lines text/csv
expect_problem 503
expect_header Retry-After '[0-9]+'
expect_json '.detail | test("as many")'
echo "COMMIT;" >&"$LOCK"
wait "$FIRST"
expect_same "the status" "$(cat "$D/first.status")" 200
lines "$NDJSON" '?sort=created_at'
cmp "$BODY" "$D/first" || fail "who waited has got something else"

step "it is whole, or none"
psql_q "INSERT INTO tasks (id, title, description, created_by)
    SELECT gen_random_uuid(), n, repeat('long', 2500), 'alice'
    FROM generate_series(1, 2000) AS n"
lines "$NDJSON"
expect_status 200
expect_same "the number" "$(wc -l <"$BODY")" 2400
if ! sanitized; then
	for pid in $(fcgi_pids); do
		HIGH=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")
		expect [ "$HIGH" -lt 65536 ]
	done
fi
set_ini http.export_folder="$D/none" http.exports=3
end fcgi
begin fcgi
lines "$NDJSON"
expect_problem 503
grep -q "answer cannot be kept.*file=$D/none" "$D"/log/errand.log ||
    fail "the log does not tell why"
lines "$NDJSON" '?limit=5'
expect_status 200
held
first &
FIRST=$!
expect_soon 20 psql_is "SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%FROM tasks%'" 1
crash postgres
wait "$FIRST"
expect_same "the status" "$(cat "$D/first.status")" 503
echo "COMMIT;" >&"$LOCK"
