#!/bin/bash
# SPDX-License-Identifier: ISC
# A mail about each new task, whatever its title is made of, reaches those who
# are to be told, once, and says what it is about to programs as well.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016,SC2119
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
stack_up mail.from='"Errand, dev" <errand@example.org>' mail.host=tasks.example.org \
    mail.to='boss@example.org, ALICE@example.org' \
    mail.reply_to=help@example.org http.public_url=https://tasks.example.org
mail_server
begin worker

step "a mail has all that it should"
new_task '{"title": "Buy milk", "description": "two bottles\n.\n..\nFrom here\n"}'
TASK=$ID
notice_of "$TASK"
expect_soon 30 job_is "$NOTICE" succeeded
mails
expect_json 'length == 2 and map(.defects) == [[], []]'
expect_json '.[0].subject == "New task: Buy milk"'
expect_json '.[0] | .from == "\"Errand, dev\" <errand@example.org>" and
    .envelope_from == "errand@example.org" and .reply_to == "help@example.org"'
expect_json 'map(.to) == [["boss@example.org"], ["ALICE@example.org"]] and
    map(.envelope_to) == map(.to) and .[0].id == .[1].id'
expect_json --arg id "<$TASK.${NOTICE: -8}@tasks.example.org>" \
    '.[0].id == $id'
expect_json --arg id "<task.$TASK@tasks.example.org>" \
    '.[0] | .references == $id and .in_reply_to == $id'
expect_json '.[0] | .auto == "auto-generated" and
    .type == "text/plain; charset=\"UTF-8\"" and
    .encoding == "quoted-printable" and .peer == "tasks.example.org"'
expect_json --arg link "https://tasks.example.org/tasks/$TASK" '.[0].body |
    contains("alice created a task") and contains("    Buy milk\n") and
    contains("Status: pending\n") and contains($link) and
    endswith("\ntwo bottles\n.\n..\nFrom here\n")'
expect_same date "$(json '.[0].date')" "$(psql_q "SELECT to_char(
    date_trunc('second', created_at) AT TIME ZONE 'UTC',
    'YYYY-MM-DD\"T\"HH24:MI:SS+00:00') FROM jobs WHERE id = '$NOTICE'")"

step "one request id and one trace id lead from the answer to the mail"
TRACE=4bf92f3577b34da6a3ce929d0e0e4736
# trail WHERE JQ-FILTER: what the filter finds bears both ids.
trail() {
	expect_same "the ids in $1" "$(json -c "$2 | [.request_id, .trace_id]" |
	    sort -u)" "[\"trail-1\",\"$TRACE\"]"
}
forget_mails
send POST /tasks '{"title": "Followed"}' -H 'X-Request-ID: trail-1' \
    -H "traceparent: 00-$TRACE-00f067aa0ba902b7-01"
expect_status 201
expect_header X-Request-ID trail-1
expect_header X-Trace-ID "$TRACE"
ID=$(json .id)
notice_of "$ID"
expect_soon 30 job_is "$NOTICE" succeeded
api GET "/tasks/$ID/events"
expect_no_header X-Trace-ID
trail "the history" '.data[]'
as admin
api GET "/jobs/$NOTICE"
trail "the job" .
as user
shown=$("$BUILD/errandctl" -c "$D/errand.ini" jobs show "$NOTICE")
expect grep -q "^trace  *$TRACE\$" <<<"$shown"
expect_soon 30 mails_are 2
mails
expect_json --arg t "$TRACE" 'length == 2 and all(.[]; .defects == [] and
    .request == "trail-1" and .trace == $t)'
# logged PROGRAM MESSAGE: one line of that bears both.
logged() {
	grep -q " $1\[[0-9]*\] $2 .*request_id=trail-1 trace_id=$TRACE\$" \
	    "$D/log/errand.log"
}
expect_soon 10 logged errand.fcgi 'request method=POST'
expect_soon 10 logged errand-worker "job job=$NOTICE"

step "who creates it is told as well"
forget_mails
as admin
new_task '{"title": "Tidy up"}'
expect_soon 30 mails_are 3
mails
expect_json 'map(.to) == [["boss@example.org"],
    ["ALICE@example.org"], ["root@example.org"]] and .[2].defects == []'
as user

# told JSON-TEXT SUBJECT-JSON: a task with that title brings that subject.
told() {
	forget_mails
	send POST /tasks "{\"title\": $1}"
	if [ "$STATUS" = 422 ]; then
		return 0
	fi
	expect_status 201
	expect_soon 30 mails_are 2
	mails
	expect_json --argjson title "$2" \
	    '.[0].defects == [] and .[0].subject == "New task: " + $title'
}

step "titles of any script and length come back whole"
grin() { printf '\xf0\x9f\x98\x80%.0s' $(seq "$1"); }
for title in "Grüße aus Köln" "Купить молоко" "牛乳を買う" \
    "$(grin 255)" "x$(grin 254)" "xx$(grin 200)" "ä$(grin 100)ö" \
    "$(printf 'word %.0s' $(seq 50))end" "$(printf 'x%.0s' $(seq 255))" \
    "=?UTF-8?Q?=41?= is no A" "a  b   c" "Re: <b>&amp; \"quoted\" (x), y;"; do
	told "$(jq -n --arg t "$title" '$t')" "$(jq -n --arg t "$title" '$t')"
done

step "no title becomes a header, or a line of the text"
told '"a\r\nBcc: evil@example.org\r\n\r\nbody"' \
    '"a Bcc: evil@example.org body"'
expect_json '.[0].body | test("\n    a Bcc: evil@example.org body\n")'
told '"a\tb\u0001c\u007fd\u0085e\u2028f"' '"a b c d e f"'
expect_json '[.[].envelope_to[]] | contains(["evil@example.org"]) | not'

step "a task that is gone already was there all the same"
end worker
forget_mails
as admin
new_task '{"title": "Soon gone"}'
api DELETE "/tasks/$ID"
expect_status 204
begin worker
expect_soon 30 mails_are 3
mails
expect_json '.[0].subject == "New task: Soon gone"'

step "nobody to tell is no fault"
end worker
set_ini mail.to= mail.to_creator=off
begin worker
as user
notice succeeded
expect mails_are 3

step "an address that is none is told of"
end worker
set_ini mail.to_creator=on
begin worker
TOKEN=$(token --role user --user eve --email 'eve@example.org, x@example.org')
notice failed "the creator's address cannot be used"
expect mails_are 3

step "an address that nobody has verified gets nothing"
TOKEN=$(token --role user --user mallory --email stranger@example.net \
    --claim email_verified=false)
notice succeeded
expect mails_are 3

step "domains of other scripts are sent in ASCII"
end worker
set_ini mail.to='kai@Müller.example' mail.from='task@straße.example' \
    mail.host=
begin worker
forget_mails
TOKEN=$(token --role user --user ana --email 'ana@例え.テスト')
notice succeeded
mails
expect_json '[.[].envelope_to[]] | unique ==
    ["ana@xn--r8jz45g.xn--zckzah", "kai@xn--mller-kva.example"]'
expect_json '.[0] | .defects == [] and .from == .envelope_from and
    .from == "task@xn--strae-oqa.example" and .peer == "xn--strae-oqa.example"
    and (.id | endswith("@xn--strae-oqa.example>"))'

step "without a mail server nothing is tried"
end worker
set_ini mail.url=
begin worker
as user
notice cancelled 'no mail server is configured ([mail] url)'

end worker
