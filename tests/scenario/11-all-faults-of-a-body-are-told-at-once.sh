#!/bin/bash
# SPDX-License-Identifier: ISC
# A body that is JSON but no task is answered 422, with a pointer, a place, a
# type and words for each fault; nothing of it is stored.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up tasks.extra='due:date, priority:number, team:text, urgent:boolean'
new_task '{"title": "as it was"}'

# faults BODY POINTER=TYPE...: POST tells exactly these.
faults() {
	faults_of "POST /tasks" "$@"
}

# faults_of "METHOD PATH" BODY POINTER=TYPE...
faults_of() {
	local how=$1 body=$2
	send "${how% *}" "${how#* }" "$body"
	expect_status 422
	expect_json '
	    ([.errors[] | "\(.pointer)=\(.type)"] | sort) ==
	    ($ARGS.positional | sort) and
	    (.errors | all(.loc[0] == "body" and .pointer == (.loc[1:] |
	    map("/" + (gsub("~"; "~0") | gsub("/"; "~1"))) | join("")) and
	    (.msg | length > 0)))' --args "${@:3}"
}

step "each fault alone"
faults '{}' /title=missing
faults '{"title": null}' /title=string_type
faults '{"title": 1}' /title=string_type
faults '{"title": ["a"]}' /title=string_type
faults '{"title": ""}' /title=string_too_short
faults '{"title": " \t\r\n"}' /title=value_error
faults '{"title": "a\u0000b"}' /title=value_error
faults '{"title": "a", "description": {}}' /description=string_type
faults '{"title": "a", "description": false}' /description=string_type
faults '{"title": "a", "description": "\u0000"}' /description=value_error
faults '{"title": "a", "status": "done"}' /status=enum
faults '{"title": "a", "status": "Pending"}' /status=enum
faults '{"title": "a", "status": null}' /status=enum
faults '{"title": "a", "status": "pending\u0000"}' /status=enum
faults '{"title": "a", "Title": "b"}' /Title=extra_forbidden
faults '{"title": "a", "a/b~c": 1}' '/a~1b~0c=extra_forbidden'
faults '{"title": "a", "": 1}' /=extra_forbidden

step "additional data has names and types"
faults '{"title": "a", "extra": 1}' /extra=dict_type
faults '{"title": "a", "extra": []}' /extra=dict_type
faults '{"title": "a", "extra": {"due": "2026-02-30", "priority": "1",
    "team": 1, "urgent": 1, "x": {}, "a/b~c": 1}}' /extra/due=date_type \
    /extra/priority=float_type /extra/team=string_type \
    /extra/urgent=bool_type /extra/x=extra_forbidden \
    '/extra/a~1b~0c=extra_forbidden'
faults '{"title": "a", "extra": {"pirority": 1}}' /extra/pirority=extra_forbidden
expect_json '.errors[0].msg | test("mean priority")'
faults '{"title": "a", "extra": {"team": "\u0000"}}' /extra/team=value_error
faults '{"title": "a", "extra": {"priority": 1e-9000}}' /extra=too_long
long=$(printf '%8181s' '')
faults "{\"title\": \"a\", \"extra\": {\"team\": \"$long\"}}" /extra=too_long
send PATCH "/tasks/$ID" "{\"extra\": {\"team\": \"${long:20}\", \"x\": null}}"
expect_status 200
faults_of "PATCH /tasks/$ID" '{"extra": {"due": "2026-12-01"}}' /extra=too_long
send PATCH "/tasks/$ID" '{"extra": {"team": null}}'
expect_json 'has("extra") | not'

step "what is the server's is refused by name"
for name in id created_at updated_at created_by version; do
	faults_of "PUT /tasks/$ID" "{\"title\": \"a\", \"$name\": \"x\"}" \
	    "/$name=extra_forbidden"
	faults_of "PATCH /tasks/$ID" "{\"$name\": null}" "/$name=extra_forbidden"
done

step "all of them at once"
faults '{"id": 1, "description": 2, "status": 3, "x": 4}' /id=extra_forbidden \
    /description=string_type /status=enum /x=extra_forbidden /title=missing
expect_problem 422
expect_json '.title == "Unprocessable Content" and .status == 422 and
    (.detail | test("5 faults"))'
faults_of "PUT /tasks/$ID" '{"status": 0}' /status=enum /title=missing
faults_of "PATCH /tasks/$ID" '{"title": "", "status": 1, "tilte": "x"}' \
    /title=string_too_short /status=enum /tilte=extra_forbidden
expect_json '.errors[] | select(.pointer == "/tilte").msg | test("title")'

step "what is no object"
for body in '[]' null '"x"' 1 true '[{"title": "a"}]'; do
	faults "$body" =model_attributes_type
	faults_of "PATCH /tasks/$ID" "$body" =model_attributes_type
done

step "hundreds of faults are counted, and the first are told"
send POST /tasks "{$(seq -f '"x%g": 1' -s, 500)}"
expect_status 422
expect_json '(.errors | length) >= 10 and (.errors | length) <= 501 and
    (.detail | test("501 faults"))'

step "none of that was stored"
api GET "/tasks/$ID"
expect_header ETag '"3-[0-9a-f]{16}"'
expect_same "rows" "$(psql_q 'SELECT count(*), min(title) FROM tasks')" \
    '1|as it was'
