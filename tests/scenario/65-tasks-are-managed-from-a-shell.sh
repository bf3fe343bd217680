#!/bin/bash
# SPDX-License-Identifier: ISC
# errandctl tasks lists, shows, makes, changes and deletes what the API has, as
# whose token it is given, without the service's settings; what is wrong is told
# in plain words, and by the exit status.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up tasks.extra='due:date, n:number, team:text'
unset ERRAND_CONFIG VISUAL EDITOR
export ERRAND_URL=http://127.0.0.1:$PORT$BASE/ XDG_STATE_HOME=$D/state
OUT=$D/out ERR=$D/err

# tasks STATUS ARGUMENT...: errandctl tasks ends with it; what it prints is in
# OUT and ERR.
tasks() {
	local want=$1 got=0
	shift
	ERRAND_TOKEN=$TOKEN "$BUILD/errandctl" tasks "$@" >"$OUT" 2>"$ERR" ||
	    got=$?
	[ "$got" = "$want" ] || fail "errandctl tasks $*: $got instead of \
$want: $(cat "$OUT" "$ERR")"
}

# said REGEX: it is in ERR.
said() {
	grep -qE -e "$1" "$ERR" || fail "not told: $1; but: $(cat "$ERR")"
}

# printed REGEX: the same in OUT.
printed() {
	grep -qE -e "$1" "$OUT" || fail "not printed: $1; but: $(cat "$OUT")"
}

# add ARGUMENT...: makes a task, and sets ID.
add() {
	tasks 0 add "$@"
	printed '^task [0-9a-f-]{36} created$'
	read -r _ ID _ <"$OUT"
}

# is FILTER: a jq filter finds truth in OUT.
is() {
	jq -e "$@" "$OUT" >/dev/null || fail "not so: $*; but: $(cat "$OUT")"
}

step "who does not say where, or as whom"
TOKEN='' tasks 4 list
said 'there is no token'
ERRAND_URL='' tasks 2 list
said 'where is the service'
tasks 2 list --url http://tasks.example.org
said 'not encrypted.*--insecure'
tasks 2 list --url ftp://x
said 'is no address'
tasks 6 list --url http://127.0.0.1:1
said 'no answer: '
TOKEN=nonsense tasks 4 list
said 'the token is not good.* 401'
tasks 4 list --token-file "$D/none"
said 'No such file'
printf '%s\n' "$TOKEN" >"$D/token"
TOKEN='' tasks 0 list --token-file "$D/token"
ERRAND_TOKEN_FILE=$D/token TOKEN='' tasks 0 list
tasks 6 list --url "http://127.0.0.1:$PORT$BASE" --timeout 20 \
    --ca-file "$D/none" --url https://127.0.0.1:1

step "a task is made, shown and listed"
add Buy milk --description $'one\n\n\ttwo \e[31m' --status in-progress
tasks 0 show "$ID"
printed '^status    in-progress$'
printed '^title     Buy milk$'
printed '^by        alice$'
printed '^   two  \[31m$'
tasks 0 show "$ID" --json
is --arg id "$ID" '.id == $id and .title == "Buy milk" and
    .description == "one\n\n\ttwo \u001b[31m" and (.etag | startswith("\"1-"))'
printf 'from a pipe\n' | tasks 0 add x --description - --json
is '.description == "from a pipe" and .status == "pending"'
for odd in $'b\xff' $'\xc3'; do
	tasks 1 add "$odd"
	said 'title and description have to be UTF-8'
	tasks 1 add x --description "$odd"
done
tasks 0 list
printed "^$ID  in-progress  20[0-9-]{8}  alice             Buy milk\$"
tasks 0 list --json --status pending
is '.data | length == 1 and .[0].title == "x"'
tasks 0 list -j --title MILK --sort title --created-from 2020-01-01
is '.data | length == 1 and .[0].status == "in-progress"'
tasks 0 list --json --created-by nobody
is '.data == []'
tasks 1 list --status asleep --created-to yesterday
said '^  status: '
said '^  created_to: '

step "titles do not steer a terminal, and rows fit it"
add $'evil \e]0;x\a title' 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字
tasks 0 list --json
[ "$(tr -d '[:print:]\n' <"$OUT" | LC_ALL=C tr -d '\200-\377')" = '' ] ||
    fail "control characters in JSON"
for columns in 80 100 130; do
	ERRAND_TOKEN=$TOKEN "$TOP/tests/lib/on-terminal" $columns \
	    "$BUILD/errandctl" tasks list >"$OUT"
	printed 'evil  \]0;x  title'
	python3 - "$OUT" $columns <<-'END' || fail "too wide for $columns"
		import sys, unicodedata
		for line in open(sys.argv[1], encoding="utf-8"):
		    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
		               for c in line.rstrip("\n"))
		    assert wide <= int(sys.argv[2]), line
		    assert all(c.isprintable() for c in line.rstrip("\n")), line
	END
done

step "a list has as many as were asked for, over pages"
psql_q "INSERT INTO tasks (id, title, created_by) SELECT gen_random_uuid(),
    'row ' || n, 'alice' FROM generate_series(1, 245) AS n"
tasks 0 list --title 'row ' --all --json
is '.data | length == 245 and (map(.id) | unique | length) == 245'
tasks 0 list --title 'row ' --limit 101 --json
is '.data | length == 101'
tasks 0 list --title 'row ' --sort title
expect_same "rows" "$(wc -l <"$OUT")" 51

step "edit changes what it is told to, and no more"
tasks 0 edit "$ID" --title "Buy bread" --description ""
printed "^task $ID changed\$"
tasks 0 show "$ID" --json
is '.title == "Buy bread" and .description == null and .status == "pending"'
TAG=$(jq -r .etag "$OUT")
tasks 0 edit "$ID" --status in-progress --if-match "$TAG" --json
is '.status == "in-progress" and (.etag | startswith("\"3-"))'
tasks 1 edit "$ID" --title ' '
said '^  title: '

step "additional data"
tasks 0 add with more --extra due=2026-12-01 --extra n=1.50 --extra team='"7"' -j
is '.extra == {due: "2026-12-01", n: 1.5, team: "7"}'
MORE=$(jq -r .id "$OUT")
tasks 0 edit "$MORE" --extra n= --extra team='a "b"' --json
is '.extra == {due: "2026-12-01", team: "a \"b\""} and .title == "with more"'
tasks 0 show "$MORE"
printed '^extra     \{"due":"2026-12-01","team":"a \\"b\\""\}$'
tasks 0 list --json --extra due=2026-12-01 --extra 'team=a "b"'
is --arg id "$MORE" '.data | map(.id) == [$id]'
tasks 0 list --json --extra n=1.50
is '.data == []'
tasks 1 add x --extra due=soon
said '^  extra[.]due: '
tasks 1 add x --extra team=5
said "^  extra[.]team: team must be a string; --extra 'team=\"[.]{3}\"' makes"
tasks 0 list --json --extra due.from=2026-11-30 --extra due.to=2026-12-02
is '[.data[].title] == ["with more"]'
tasks 1 list --extra due.from=soon
said '^  extra[.]due[.]from: '
tasks 1 list --extra 'a&n b=c'
said '^  extra[.]a&n b: '
tasks 2 add x --extra due
said 'NAME=VALUE'

step "in an editor"
cat >"$D/editor" <<-'END'
	#!/bin/sh
	[ "$1" = -w ] && shift
	cp "$1" "$EDITED.before"
	${MEANWHILE:-:}
	sh -c "$EDITED_BY" sh "$1"
END
chmod +x "$D/editor"
export EDITED=$D/edited EDITOR="'$D/editor' -w"
EDITED_BY='printf "Title: From  an editor\nStatus: pending\n\na\n\n b\n\n" >"$1"' \
    tasks 0 edit "$ID"
expect_same "what it got" "$(cat "$EDITED.before")" \
    $'Title: Buy bread\nStatus: in-progress'
tasks 0 show "$ID" --json
is '.title == "From  an editor" and .description == "a\n\n b" and
    .status == "pending"'
EDITED_BY=: tasks 0 edit "$ID"
printed "stays as it is"
EDITED_BY='echo Hello >"$1"' TMPDIR=$D tasks 1 edit "$ID"
said 'it has to begin with'
said "your text is in $D/errand-task-"
expect_same "the text" "$(cat "$D"/errand-task-*)" Hello
EDITED_BY='exit 1' tasks 1 edit "$ID"
rm -f "$D"/errand-task-*

step "what others did meanwhile is not lost"
cat >"$D/meanwhile" <<-END
	curl -qfsS -X PATCH -H "Authorization: Bearer $TOKEN" \
	    --json '{"title": "Theirs", "status": "completed"}' \
	    "${ERRAND_URL%/}/tasks/$ID" -o "$D/theirs"
END
export MEANWHILE="sh $D/meanwhile" EDITED_BY='sed -i "s/^Title:.*/Title: Mine/" "$1"'
TMPDIR=$D tasks 5 edit "$ID"
said '^    was     From  an editor$'
said '^    yours   Mine$'
said '^    theirs  Theirs$'
said '^    theirs  completed$'
grep -q '^Title: Mine$' "$D"/errand-task-*.txt || fail "the text is lost"
tasks 5 edit "$ID" --title Mine --if-match '"1"' --json
is '.conflict == $id and .yours == {"title": "Mine"} and
    .theirs.title == "Theirs" and (.etag | length > 0)' --arg id "$ID"
tasks 0 edit "$ID" --title Mine --if-match '"1"' --force
tasks 0 show "$ID" --json
is '.title == "Mine" and .status == "completed" and .description == "a\n\n b"'

step "done, and deleted by an administrator"
add another
tasks 3 "done" "$ID" 019ab3c4-0000-7000-8000-000000000000 --json
is '.status == "completed"'
said 'task 019ab3c4-.* is not completed: .*404'
tasks 5 "done" "$ID" --if-match '"9"'
tasks 4 delete "$ID"
said 'deleting is for administrators'
said 'admin'
tasks 0 show "$ID"
as admin
tasks 0 delete "$ID"
printed "^task $ID deleted\$"
tasks 3 show "$ID"
tasks 3 edit "$ID" --title x
tasks 3 delete "$ID" --json

step "a service that is elsewhere, and one that cannot"
tasks 3 list --url "http://127.0.0.1:$PORT/elsewhere"
said '404: there is nothing at this address'
end redis postgres
tasks 6 list
said '503.*\(request '
