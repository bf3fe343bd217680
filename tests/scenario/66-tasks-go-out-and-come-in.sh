#!/bin/bash
# SPDX-License-Identifier: ISC
# What errandctl tasks exports comes in elsewhere byte for byte, each task once,
# however often the import is cut off; other programs' files come in with a
# report of what had no place.
. "${srcdir:-.}/tests/lib/lib.sh"
PROCESSES=1 stack_up tasks.extra=due:date tasks.extra_other=pass
unset ERRAND_CONFIG
export ERRAND_URL=http://127.0.0.1:$PORT$BASE XDG_STATE_HOME=$D/state
OUT=$D/out ERR=$D/err

# tasks STATUS ARGUMENT...: errandctl tasks ends with it; what it prints is in
# OUT and ERR.
tasks() {
	local want=$1 got=0
	shift
	ERRAND_TOKEN=$TOKEN "$BUILD/errandctl" tasks "$@" >"$OUT" 2>"$ERR" ||
	    got=$?
	[ "$got" = "$want" ] || fail "errandctl tasks $*: $got instead of \
$want: $(tail -n 20 "$OUT" "$ERR")"
}

# printed REGEX: it is in OUT.
printed() {
	grep -qE -e "$1" "$OUT" || fail "not printed: $1; but: $(cat "$OUT")"
}

# said REGEX: the same in ERR.
said() {
	grep -qE -e "$1" "$ERR" || fail "not told: $1; but: $(cat "$ERR")"
}

# emptied: there are no tasks, and no cache of them.
emptied() {
	psql_q "DELETE FROM tasks"
	uncached
}

# uncached: what was done in the database counts at once.
uncached() {
	"$BUILD/errandctl" -c "$D/errand.ini" cache flush >"$D/flushed"
}

# content FILE: what the API can set of each task in an export in JSON lines.
content() {
	jq -cS '{title, description, status, extra}' "$1"
}

# has N: so many tasks are there.
has() {
	expect_same "tasks" "$(psql_q "SELECT count(*) FROM tasks")" "$1"
}

step "nothing is a whole file, too"
for format in csv json ndjson; do
	tasks 0 export -o "$D/none.$format"
	printed '^0 tasks exported$'
done
jq -e '. == []' "$D/none.json" >"$D/truth"
tasks 0 import "$D/none.csv"
printed '^0 made$'
tasks 2 export --format xml
tasks 2 export --output "$D/no-ending"
tasks 1 export --output "$D/no/such.csv"
tasks 1 import "$D/no-such.csv"
printf 'a\n1\n' >"$D/odd.csv"
tasks 1 import "$D/odd.csv"
said 'odd.csv, as csv: .*no column "title"'

step "all pages go out, and come in byte for byte"
psql_q "INSERT INTO tasks (id, title, description, status, created_by,
    extra) SELECT gen_random_uuid(), CASE n % 5 WHEN 0 THEN 'a, \"b\"' WHEN 1
    THEN ' blanks ' WHEN 2 THEN E'tab\tand\nline' WHEN 3 THEN E'\u6f22\u5b57'
    ELSE '=1+1' END || n / 7, CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN ''
    WHEN 2 THEN E'one\r\ntwo\n\n' ELSE E'\"q\", \e[31m' END,
    (ARRAY['pending', 'in-progress', 'completed'])[1 + n % 3]::task_status,
    'alice', CASE n % 3 WHEN 0 THEN jsonb_build_object('due', '2026-12-01', 'n',
    n / 4.0, 'a \"', jsonb_build_array(n, NULL, E'\\\\x, \"y\"')) END
    FROM generate_series(1, 130) AS n"
uncached
for format in csv ndjson json; do
	tasks 0 export -o "$D/first.$format"
	printed '^130 tasks exported$'
done
tasks 0 export -F ndjson
cmp "$OUT" "$D/first.ndjson" || fail "standard output has something else"
content "$D/first.ndjson" >"$D/first"
expect_same "lines" "$(wc -l <"$D/first")" 130
jq -c '.[]' "$D/first.json" >"$D/lines"
content "$D/lines" | cmp - "$D/first" || fail "JSON is not JSON lines"
python3 -c 'import csv, json, sys
for row in csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")):
    print(json.dumps(row["title"]))' "$D/first.csv" | jq -c . >"$D/titles"
jq -c .title "$D/first.ndjson" | cmp - "$D/titles" ||
    fail "another reader of CSV reads something else"
for format in csv ndjson json; do
	emptied
	tasks 0 import "$D/first.$format"
	printed '^130 made$'
	printed '^not taken over: created_by \(130\)$'
	tasks 0 export -o "$D/second.ndjson"
	content "$D/second.ndjson" | cmp - "$D/first" ||
	    fail "by $format, what came in is not what went out"
done

step "a second run makes nothing twice"
tasks 0 import "$D/first.json"
printed '^0 made, 130 made before$'
has 130
emptied
tasks 0 import "$D/first.csv" --dry-run
printed '^130 to be made$'
tasks 0 import "$D/first.csv" --journal "$D/journal" -v --json
expect_same "made" "$(jq -s 'map(select(.fate == "made")) | length' "$OUT")" 130

step "nor one after another was cut off, at any moment"
emptied
for ((i = 0; i < 3; i++)); do
	ERRAND_TOKEN=$TOKEN "$BUILD/errandctl" tasks import "$D/first.csv" \
	    --journal "$D/cut" >"$OUT" 2>&1 &
	IMPORT=$!
	expect_soon 20 sh -c "[ \"\$(wc -l <'$D/cut')\" -ge $((80 * i + 40)) ]"
	# Unless it was through before we looked.
	kill -s KILL "$IMPORT" || true
	wait "$IMPORT" || true
done
# As if an answer had never been seen.
sed -i '$ { / .*-/ d }' "$D/cut"
tasks 0 import "$D/first.csv" --journal "$D/cut"
has 130
sed '$d' "$D/first.ndjson" >"$D/shorter.ndjson"
tasks 1 import "$D/shorter.ndjson" --journal "$D/cut"
said 'cut: this is the journal of another file, or of another service$'
# A crash has left half a line.
printf '0 01a2' >"$D/half"
tasks 0 import "$D/none.csv" --journal "$D/half"
tasks 0 import "$D/none.csv" --journal "$D/half"
expect_same "keys" "$(grep -c '^0 [0-9a-f-]\{36\} ' "$D/half")" 1
tasks 0 export -F ndjson -o "$D/second.ndjson"
content "$D/second.ndjson" | sort >"$D/sorted"
sort "$D/first" | cmp - "$D/sorted" || fail "something else came in"

step "nor while the service is away"
emptied
ERRAND_TOKEN=$TOKEN "$BUILD/errandctl" tasks import "$D/first.csv" \
    --journal "$D/away" --timeout 20 >"$OUT" 2>"$ERR" &
IMPORT=$!
expect_soon 20 sh -c "[ \"\$(wc -l <'$D/away')\" -ge 40 ]"
crash postgres
begin postgres
wait "$IMPORT" || tasks 0 import "$D/first.csv" --journal "$D/away"
has 130

step "what is refused is told by line, and the rest is made"
emptied
printf 'title,status\ngood,pending\nbad,asleep\nlast,completed\n' >"$D/mixed.csv"
tasks 1 import "$D/mixed.csv"
said '  status: '
printed '^refused +3  bad: '
printed '^2 made, 1 refused$'
has 2
printf 'title\ngood again\nb\344d\n' >"$D/latin.csv"
tasks 1 import "$D/latin.csv" --dry-run
tasks 1 import "$D/latin.csv"
printed '^left out +3  b.*: it is not UTF-8$'
printed '^1 made, 1 left out$'
has 3
cat >"$D/extra.csv" <<'EOT'
title,extra
a,"{""due"":""2026-12-01"",""b"":0.10}"
b,{
c,"{""due"":""tomorrow""}"
d,"{}"
e,""
EOT
tasks 1 import "$D/extra.csv"
said '  extra[.]due: '
printed '^left out +3  b: extra is no JSON$'
printed '^3 made, 1 left out, 1 refused$'
TOKEN=nonsense tasks 4 import "$D/first.csv" --journal "$D/nobody"
said 'run again'

step "files of other programs"
emptied
for each in todoist.csv:3:1 taskwarrior.json:4:2 trello.json:4:2 \
    vikunja.json:4:0; do
	IFS=: read -r file made left <<<"$each"
	tasks 0 import "$TOP/tests/data/import-$file" --dry-run --json
	expect_same "$file" "$(jq -s 'map(select(.fate == "to be made")) |
	    length' "$OUT")" "$made"
	tasks 0 import "$TOP/tests/data/import-$file"
	printed "^$made made"
	expect_same "left out of $file" "$(grep -c '^left out' "$OUT")" "$left"
done
has 15

step "how far it is, on a terminal"
emptied
ERRAND_TOKEN=$TOKEN "$TOP/tests/lib/on-terminal" 80 "$BUILD/errandctl" tasks \
    import "$D/first.csv" --journal "$D/seen" >"$OUT"
printed '1 of 130, 0 %, [0-9]+/s, [0-9].* left'
printed '130 made'
