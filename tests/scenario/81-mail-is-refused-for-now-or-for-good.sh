#!/bin/bash
# SPDX-License-Identifier: ISC
# What the mail server says decides: 4xx and silence are tried again, 5xx is
# not, and no recipient keeps another from getting the mail, or gets it twice.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016,SC2119
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
stack_up mail.from=errand@example.org mail.timeout=2s
job_kind errand.send_notification backoff=300ms backoff_max=1s max_retries=50
mail_server
begin worker

# later ERROR RULE...: with these rules a mail is tried again, and arrives
# once they are gone.
later() {
	local error=$1
	shift
	forget_mails
	rules "$@"
	notice retrying "$error"
	rules
	expect_soon 30 job_is "$NOTICE" succeeded
	expect mails_are 1
	mails
	expect_json --arg id "<$ID.${NOTICE: -8}@example.org>" \
	    '.[0].id == $id and .[0].defects == []'
}

# never ERROR RULE...: with these rules it fails at once, but people may try
# it again.
never() {
	local error=$1
	shift
	forget_mails
	rules "$@"
	notice failed "$error"
	expect_same attempts "$(job_get "$NOTICE" attempts)" 1
	rules
	expect mails_are 0
	as admin
	api POST "/jobs/$NOTICE/retry" -d ''
	expect_status 202
	as user
	expect_soon 30 job_is "$NOTICE" succeeded
	expect mails_are 1
}

step "4xx is tried again, wherever it is said"
later '"451 later" to MAIL FROM' 'MAIL * 451 later'
later '"450 4.2.1 slow down" to RCPT TO' 'RCPT * 450 4.2.1 slow down'
later '"421 closing" to DATA' 'DATA * 421 closing'
later '"452 4.3.1 full" to the message' 'BODY * 452 4.3.1 full'

step "what is about the settings is tried again as well"
later '"530 5.7.0 login first" to MAIL FROM' 'MAIL * 530 5.7.0 login first'

step "5xx is not"
never '"550 5.7.1 go away" to MAIL FROM' 'MAIL * 550 5.7.1 go away'
never '"550 5.1.1 no such user" to RCPT TO' 'RCPT * 550 5.1.1 no such user'
never '"554 no" to DATA' 'DATA * 554 no'
never '"552 too big" to the message' 'BODY * 552 too big'

step "silence, and a connection that breaks, are tried again"
later 'time' 'EHLO * hang'
later '' 'MAIL * close'
later 'time' 'RCPT * hang'
later '' 'BODY * close'

step "a farewell that does not come changes nothing"
forget_mails
rules 'QUIT * hang'
notice succeeded
rules
expect mails_are 1

step "a server that is away is waited for"
forget_mails
end mail
notice retrying "localhost:$MAIL_PORT"
mail_server
expect_soon 30 job_is "$NOTICE" succeeded
expect mails_are 1

step "who is refused for good keeps nobody else"
end worker
set_ini mail.to='bob@example.org carol@example.org'
begin worker
forget_mails
rules 'RCPT bob@* 550 5.1.1 no such user'
notice succeeded
mails
expect_json 'map(.envelope_to) == [["carol@example.org"],
    ["alice@example.org"]] and map(.to) == map(.envelope_to)'
expect notice_is succeeded 'refused for good: bob@example.org: the mail'
expect notice_is succeeded '"550 5.1.1 no such user" to RCPT TO'
expect grep -q 'recipient refused.*recipient=bob@example.org' \
    "$D/log/errand.log"

step "who is refused for now gets it later, and nobody twice"
forget_mails
rules 'RCPT bob@* 452 4.2.2 mailbox full'
notice retrying '2 of 3 recipients have it; the mail server answered "452'
expect mails_are 2
rules 'RCPT carol@* 452 not asked' 'RCPT alice@* 452 not asked'
expect_soon 30 job_is "$NOTICE" succeeded
mails
expect_json '[.[].envelope_to] == [["carol@example.org"],
    ["alice@example.org"], ["bob@example.org"]]'
expect_json 'map(.id) | unique | length == 1'

step "that holds for a notification that others have sent"
forget_mails
rules 'RCPT bob@* 452 4.2.2 mailbox full'
message theirs errand.send_notification '{}' \
    "[[], {\"title\": \"Theirs\", \"created_by\": \"eve\"}, $NO_MORE]"
expect_soon 30 row_of theirs
expect_soon 30 job_is "$ID" retrying
expect mails_are 1
rules 'RCPT carol@* 452 not asked'
expect_soon 30 job_is "$ID" succeeded
mails
expect_json '[.[].envelope_to] == [["carol@example.org"],
    ["bob@example.org"]]'

step "who is refused for good in the end does not spoil it"
forget_mails
rules 'RCPT carol@* 550 5.1.1 no such user' 'RCPT alice@* 452 too many'
notice retrying '1 of 3 recipients have it'
rules 'RCPT carol@* 550 5.1.1 no such user' \
    'RCPT alice@* 550 5.1.1 gone meanwhile'
expect_soon 30 job_is "$NOTICE" succeeded
expect mails_are 1

step "a server that dies of one mail takes the others"
forget_mails
rules 'RCPT bob@* close'
notice retrying '2 of 3 recipients have it'
rules
expect_soon 30 job_is "$NOTICE" succeeded
mails
expect_json 'map(.envelope_to) | sort == [["alice@example.org"],
    ["bob@example.org"], ["carol@example.org"]]'

step "a slow answer is waited for, so that no mail comes twice"
end worker
set_ini mail.to=
begin worker
forget_mails
rules 'BODY * slow'
notice succeeded
expect_same attempts "$(job_get "$NOTICE" attempts)" 1
expect mails_are 1

# counted STATE: how many notifications of the last tasks are in that state.
counted() {
	psql_q "SELECT count(*) FROM jobs WHERE kind = 'errand.send_notification'
	    AND created_at >= '$SINCE' AND state = ANY('{$1}')"
}
counted_is() {
	[ "$(counted "$1")" = "$2" ]
}

# tasks N: makes so many, and waits until they are counted.
tasks() {
	SINCE=$(psql_q 'SELECT now()')
	for _ in $(seq "$1"); do
		new_task '{"title": "Something"}'
	done
	expect_soon 30 log_read statistics
}

step "a mail server that is silent leaves room for other jobs"
end worker
forget_mails
rules 'EHLO * hang'
set_ini mail.timeout=10m worker.children=4 worker.shutdown_timeout=1s
begin worker
tasks 9
expect_soon 30 counted_is running 2
expect counted_is published 7
end worker
rules
begin worker
expect_soon 60 counted_is succeeded 9
expect mails_are 9

step "and is not asked for each mail anew"
end worker
forget_mails
rules 'EHLO * hang'
set_ini mail.timeout=2s worker.children=1
begin worker
tasks 9
expect [ "$(counted published)" -gt 0 ]
expect grep -q 'jobs of a kind wait.*kind=errand.send_notification' \
    "$D/log/errand.log"
rules
expect_soon 60 counted_is succeeded 9
expect mails_are 9

step "a template that is not there, or has a fault, is named"
rules
forget_mails
end worker
mkdir "$D/templates"
set_ini "mail.templates=$D/templates"
begin worker
notice retrying \
    "template $D/templates/task-created.subject: No such file or directory"
printf '{{status}}: {{titel}}\n' >"$D/templates/task-created.subject"
printf 'Nur: {{ title }}\nLink: {{url}}\n' >"$D/templates/task-created.text"
expect_soon 30 notice_is retrying \
    "template $D/templates/task-created.subject: line 1: there is no {{titel}}"
printf '{{status}}: {{title}}\n' >"$D/templates/task-created.subject"
expect_soon 30 job_is "$NOTICE" succeeded
mails
expect_json '.[0].subject == "pending: Something" and
    .[0].body == "Nur: Something\n"'
end worker

step "a template names additional data; a line of which a task has none is left out"
end fcgi
set_ini "tasks.extra=due:date, size:number, note:text, to:text"
printf 'Due {{extra.due}}, {{extra.size}} for {{extra.to}}\nNote: {{extra.note}}\n' \
    >"$D/templates/task-created.text"
begin fcgi
begin worker
forget_mails
new_task '{"title": "Something", "extra":
    {"due": "2026-12-01", "size": 3, "to": "a\nb"}}'
notice_of "$ID"
expect_soon 30 job_is "$NOTICE" succeeded
mails
expect_json '.[0].body == "Due 2026-12-01, 3 for a b\n"'
end worker
