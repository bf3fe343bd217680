#!/bin/bash
# SPDX-License-Identifier: ISC
# Every filter and order of the list against what PostgreSQL itself finds.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up redis.timeout=5s tasks.extra='due:date, priority:number, team:text,
	urgent:boolean'

step "tasks of several days, states and titles, many of them equal"
psql_q "INSERT INTO tasks (id, title, status, created_at, updated_at,
	created_by, extra)
    SELECT gen_random_uuid(), (ARRAY['Äpfel', 'äpfel holen', '100% sure',
	'100 sure', 'snake_case', 'snakeXcase', 'back\\slash', 'Zebra', 'apfel',
	'ÄPFEL'])[1 + n % 10],
	(ARRAY['pending', 'in-progress', 'completed'])[1 + n % 3]::task_status,
	timestamptz '2026-03-01 00:00:00Z' + n / 2 * interval '7 hours',
	timestamptz '2026-05-01 00:00:00Z' - n / 3 * interval '1 hour',
	(ARRAY['x', 'root'])[1 + n % 2], CASE WHEN n % 5 > 0 THEN
	jsonb_build_object('due', '2026-12-0' || 1 + n % 4, 'priority', n % 3,
	'team', (ARRAY['a b', 'ä\"', '1', 'true'])[1 + n % 4], 'urgent',
	n % 7 = 0) END
    FROM generate_series(0, 59) AS n"

# list QUERY: the ids of the first 100.
list() {
	api GET "/tasks?limit=100&$1"
	expect_status 200
	json '.data[].id'
}

# as_sql QUERY CONDITION ORDER: the list is what the statement gives.
as_sql() {
	expect_same "the list of $1" "$(list "$1&count=exact")" "$(psql_q "
	    SELECT id FROM tasks WHERE $2 ORDER BY $3 LIMIT 100")"
	expect_json --argjson n "$(psql_q "SELECT count(*) FROM tasks
	    WHERE $2")" '.count == $n'
}
NEWEST='created_at DESC, id DESC'

step "sorting, both ways, with equal keys"
as_sql '' true "$NEWEST"
for key in created_at updated_at title status; do
	by=$key
	[ "$key" != title ] || by='title COLLATE "C"'
	[ "$key" != status ] || by='status, created_at'
	as_sql "sort=$key" true "$by, id"
	as_sql "sort=-$key" true "${by//,/ DESC,} DESC, id DESC"
	as_sql "sort=-$key&status=completed" "status = 'completed'" \
	    "${by//,/ DESC,} DESC, id DESC"
done

step "filters"
as_sql 'status=pending' "status = 'pending'" "$NEWEST"
for query in status=pending,completed 'status=completed&status=pending' \
    'status=pending%2Ccompleted'; do
	as_sql "$query" "status <> 'in-progress'" "$NEWEST"
done
as_sql 'status=pending,in-progress,completed' true "$NEWEST"
as_sql 'title=%C3%A4pfel' "lower(title) LIKE '%äpfel%'" "$NEWEST"
as_sql 'title=%C3%84P' "lower(title) LIKE '%äp%'" "$NEWEST"
as_sql 'title=APF' "title = 'apfel'" "$NEWEST"
as_sql 'title=0%25' "title = '100% sure'" "$NEWEST"
as_sql 'title=e_c' "title = 'snake_case'" "$NEWEST"
as_sql 'title=%5C' "title = 'back\\slash'" "$NEWEST"
as_sql 'title=0+s' "title = '100 sure'" "$NEWEST"
as_sql 'title=%25%25' false "$NEWEST"
as_sql "title='" false "$NEWEST"
as_sql 'created_from=2026-03-04' "created_at >= '2026-03-04Z'" "$NEWEST"
as_sql 'created_to=2026-03-04' "created_at < '2026-03-05Z'" "$NEWEST"
as_sql 'created_from=2026-03-04&created_to=2026-03-04' \
    "created_at >= '2026-03-04Z' AND created_at < '2026-03-05Z'" "$NEWEST"
as_sql 'created_from=2026-03-02T04:00:00Z&created_to=2026-03-05T03:00:00.5%2B02:00' \
    "created_at BETWEEN '2026-03-02 04:00Z' AND '2026-03-05 01:00:00.5Z'" \
    "$NEWEST"
as_sql 'created_by=root' "created_by = 'root'" "$NEWEST"
as_sql 'created_by=roo' false "$NEWEST"
as_sql 'created_by=root&status=pending&sort=-updated_at' \
    "created_by = 'root' AND status = 'pending'" 'updated_at DESC, id DESC'
as_sql 'status=pending&title=a&created_from=2026-03-02&sort=title' \
    "status = 'pending' AND title ILIKE '%a%' AND created_at >= '2026-03-02Z'" \
    'title COLLATE "C", id'

as_sql 'extra.due=2026-12-02' "extra->>'due' = '2026-12-02'" "$NEWEST"
as_sql 'extra.team=a+b' "extra->>'team' = 'a b'" "$NEWEST"
as_sql 'extra.team=%C3%A4%22' "extra->>'team' = 'ä\"'" "$NEWEST"
for text in 1 true; do
	as_sql "extra.team=$text&sort=title" "extra->>'team' = '$text'" \
	    'title COLLATE "C", id'
done
for number in 1 1.00 10e-1; do
	as_sql "extra.priority=$number" "(extra->'priority')::int = 1" "$NEWEST"
done
as_sql 'extra.urgent=true&status=pending,completed&extra.priority=2' \
    "(extra->'urgent')::bool AND (extra->'priority')::int = 2 AND
    status <> 'in-progress'" "$NEWEST"
as_sql 'extra.due=1999-01-01' false "$NEWEST"
# Days that are named one by one, so many that they are not, and open ends.
for bounds in from=2026-12-02\ to=2026-12-03 from=2026-12-02\ to=2026-12-02 \
    from=2025-12-03\ to=2026-12-03 from=1999-12-31\ to=2026-12-03 \
    from=2026-12-03 to=2026-12-02 from=2027-01-01; do
	from=-infinity to=infinity query=
	for bound in $bounds; do
		query+="&extra.due.$bound"
		declare "$bound"
	done
	as_sql "sort=title$query" "(extra->>'due')::date BETWEEN '$from' AND '$to'" \
	    'title COLLATE "C", id'
done
as_sql 'extra.priority.from=1.0&extra.due.to=2026-12-03&extra.team=1' \
    "(extra->'priority')::int >= 1 AND extra->>'due' <= '2026-12-03' AND
    extra->>'team' = '1'" "$NEWEST"
as_sql 'extra.priority.from=-1e3&extra.priority.to=5e-1' \
    "(extra->'priority')::int = 0" "$NEWEST"
api GET '/tasks?extra.priority=1&limit=5'
expect_header Link '</tasks\?extra\.priority=1&.*>; rel="next"'
api GET "/tasks?extra.priority=1&limit=5&cursor=$(json .next_cursor)"
expect_same "the next page" "$(json '.data[].id')" \
    "$(psql_q "SELECT id FROM tasks WHERE (extra->'priority')::int = 1
    ORDER BY $NEWEST OFFSET 5 LIMIT 5")"
api GET '/tasks?extra.priority=1&limit=5'
api GET "/tasks?extra.priority=2&limit=5&cursor=$(json .next_cursor)"
expect_status 422
api GET '/tasks?extra.priority.from=1&limit=5'
expect_header Link '</tasks\?extra\.priority\.from=1&.*>; rel="next"'
CURSOR=$(json .next_cursor)
api GET "/tasks?extra.priority.from=1&limit=5&cursor=$CURSOR"
expect_same "the next page" "$(json '.data[].id')" \
    "$(psql_q "SELECT id FROM tasks WHERE (extra->'priority')::int >= 1
    ORDER BY $NEWEST OFFSET 5 LIMIT 5")"
api GET "/tasks?extra.priority.to=1&limit=5&cursor=$CURSOR"
expect_status 422
for query in extra.priority=x extra.due=tomorrow extra.urgent=1 extra.x=1 \
    extra.=1 'extra.team=a&extra.team=b' extra.priority=1e-99999 \
    extra.due.from=soon extra.team.from=a extra.due.after=2026-12-01 \
    'extra.due.to=2026-12-01&extra.due.from=2026-12-02' \
    'extra.priority.to=1&extra.priority.from=1.5'; do
	api GET "/tasks?$query"
	expect_problem 422
	expect_json --arg name "${query%%=*}" '.errors[0].parameter == $name'
done

step "titles are found whatever their case and form"
new_task '{"title": "MU\u0308LL nach \u0130SPARTA, \u039f\u0394\u039f\u03a3"}'
for part in m%C3%BCll MU%CC%88LL isparta %C4%B1sparta %CE%BF%CE%B4%CE%BF%CF%83; do
	api GET "/tasks?title=$part"
	expect_json --arg id "$ID" '[.data[].id] == [$id]'
done
psql_q "DELETE FROM tasks WHERE id = '$ID'"
redis_q FLUSHALL >/dev/null

step "limit, offset, count"
ALL=$(list '')
for limit in 1 2 59 60 100; do
	api GET "/tasks?limit=$limit&offset=0"
	expect_same "limit $limit" "$(json '.data[].id')" \
	    "$(head -n "$limit" <<<"$ALL")"
	expect_json 'has("count") | not'
	expect_json --argjson n "$limit" '(.next_cursor == null) == ($n >= 60)'
done
api GET /tasks
expect_json '(.data | length) == 20'
for offset in 0 1 30 59; do
	api GET "/tasks?limit=7&offset=$offset&count=exact"
	expect_same "offset $offset" "$(json '.data[].id')" \
	    "$(tail -n +$((offset + 1)) <<<"$ALL" | head -n 7)"
	expect_json '.count == 60'
done
for offset in 60 1000000; do
	api GET "/tasks?offset=$offset&count=exact"
	expect_json '. == {"data": [], "next_cursor": null, "count": 60}'
	expect_no_header Link
done

step "the same question in other words comes from the cache"
api GET '/tasks?status=pending,completed&limit=3&sort=-created_at'
expect_header X-Cache miss
api GET '/tasks?limit=3&status=completed&status=pending'
expect_header X-Cache hit
fcgi HEAD '/tasks?limit=3&status=completed,pending'
expect_header X-Cache hit
expect_header Link '</tasks\?.*>; rel="next"'
expect_empty_body
new_task '{"title": "new"}'
api GET '/tasks?limit=3&status=completed,pending'
expect_header X-Cache miss
expect_json --arg id "$ID" '.data[0].id == $id'

step "rows and their count are of one moment, whatever is written meanwhile"
psql_q 'TRUNCATE tasks' >/dev/null
redis_q flushall >/dev/null
for ((n = 0; n < 90; n++)); do
	curl -qsf -m 60 -o /dev/null "http://127.0.0.1:$PORT/tasks" \
	    -H "Authorization: Bearer $TOKEN" --json "{\"title\": \"$n\"}"
done &
writer=$!
count=0
while [ "$count" -lt 90 ] && kill -s 0 "$writer"; do
	api GET '/tasks?limit=100&count=exact'
	expect_status 200
	expect_json '(.data | length) == .count'
	count=$(json .count)
done
wait "$writer" || fail "not all tasks were created"
