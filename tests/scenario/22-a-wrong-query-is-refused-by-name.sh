#!/bin/bash
# SPDX-License-Identifier: ISC
# Parameters that are unknown, repeated or wrong are answered 422, each of
# them by its name, all at once.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up

# wrong QUERY PARAMETER=TYPE...; lighttpd lets not all of them through
WHERE=/tasks
wrong() {
	local past=api
	[[ ! $1 =~ %00|%ff|%c3|%zz|%4$ ]] || past=fcgi
	"$past" GET "$WHERE?$1"
	[ "$STATUS" = 422 ] || fail "?$1 is answered $STATUS"
	expect_json '
	    ([.errors[] | "\(.parameter)=\(.type)"] | sort) ==
	    ($ARGS.positional | sort) and
	    (.errors | all(.loc == ["query", .parameter] and
	    (.msg | length > 0) and (has("pointer") | not)))' --args "${@:2}"
}

step "each by itself"
wrong 'page=2' page=extra_forbidden
wrong 'Status=pending' Status=extra_forbidden
wrong '=x' =extra_forbidden
wrong 'limit[]=1' 'limit[]=extra_forbidden'
wrong 'stat%75s=x' status=enum
wrong 'status=' status=enum
wrong 'status=pending,' status=enum
wrong 'status=done,pending,open' status=enum status=enum
wrong 'status=PENDING' status=enum
wrong 'title=' title=string_too_short
wrong "title=$(printf '%0256d' 0)" title=string_too_long
wrong 'title=%00' title=value_error
wrong 'title=%ff' title=value_error
wrong 'title=%c3' title=value_error
wrong 'title=%zz' title=value_error
wrong 'title=%4' title=value_error
for time in '' yesterday 2026 2026-13-01 2026-02-29 2026-01-01T25:00:00Z \
    2026-01-01T00:00:00 '2026-01-01T00:00:00+01:00' 2026-1-1 10000-01-01; do
	wrong "created_from=$time" created_from=datetime_from_date_parsing
	wrong "created_to=$time" created_to=datetime_from_date_parsing
done
wrong 'created_from=2026-01-02&created_to=2026-01-01' created_to=value_error
for sort in '' - + id created_at,title --title -created_by CREATED_AT; do
	wrong "sort=$sort" sort=enum
done
wrong 'limit=0' limit=greater_than_equal
wrong 'limit=-1' limit=greater_than_equal
wrong 'limit=101' limit=less_than_equal
wrong 'limit=99999999999999999999' limit=less_than_equal
wrong 'offset=-1' offset=greater_than_equal
wrong 'offset=1000001' offset=less_than_equal
for number in '' ten 1.0 0x1 1e1 '%201' '1+'; do
	wrong "limit=$number" limit=int_parsing
	wrong "offset=$number" offset=int_parsing
done
wrong 'count=1' count=enum
wrong 'count=' count=enum
wrong 'cursor=x' cursor=value_error

step "what may stand once only"
for each in limit=1 offset=1 title=a created_from=2026-01-01 \
    created_to=2026-01-01 created_by=a sort=title count=exact; do
	wrong "$each&$each" "${each%%=*}=value_error"
done
wrong 'cursor=x&offset=1' offset=value_error

step "all at once, and words that help"
wrong 'limt=1&limit=x&sort=x&status=x&count=x&created_to=x&offset=x' \
    limt=extra_forbidden limit=int_parsing sort=enum status=enum count=enum \
    created_to=datetime_from_date_parsing offset=int_parsing
expect_problem 422
expect_json '(.errors[] | select(.parameter == "limt").msg | test("limit")) and
    (.detail | test("7 faults")) and .instance == "/tasks"'
wrong 'created_from=2026-01-01T00:00:00+01:00' \
    created_from=datetime_from_date_parsing
expect_json '.errors[0].msg | test("%2B")'
mapfile -t MANY < <(printf 'x=extra_forbidden%.0s\n' {1..100})
wrong "$(printf 'x=%g&' {1..150})" "${MANY[@]}"

step "of the changes"
new_task '{"title": "a"}'
new_task '{"title": "b"}'
api GET '/tasks?limit=1'
CURSOR=$(json .next_cursor)
SINCE=$(header X-Changes-Cursor)
WHERE=/tasks/changes
wrong 'since=' since=value_error
wrong 'since=x' since=value_error
wrong "since=$CURSOR" since=value_error
expect_json '.errors[0].msg | test("next_cursor of /tasks/changes")'
wrong "since=$SINCE&since=$SINCE" since=value_error
wrong "cursor=$SINCE" cursor=extra_forbidden
wrong 'limit=0&sinse=now&wait=5&offset=1&sort=title' limit=greater_than_equal \
    sinse=extra_forbidden wait=extra_forbidden offset=extra_forbidden \
    sort=extra_forbidden
WHERE=/tasks
wrong "cursor=$SINCE" cursor=value_error
wrong "since=$SINCE" since=extra_forbidden
