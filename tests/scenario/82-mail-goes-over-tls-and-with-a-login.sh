#!/bin/bash
# SPDX-License-Identifier: ISC
# STARTTLS, TLS from the start, and a login; servers have to prove their name
# where that is asked for, and a password never goes where it might be heard.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016,SC2119
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
need openssl
stack_up mail.from=errand@example.org
job_kind errand.send_notification backoff=300ms backoff_max=1s max_retries=50

# certificate NAME: D/NAME.pem for that host, signed by D/ca.pem.
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$D/$1.key" \
	    -out "$D/$1.csr" -subj "/CN=$1" &&
	    openssl x509 -req -in "$D/$1.csr" -CA "$D/ca.pem" \
	    -CAkey "$D/ca.key" -CAcreateserial -days 30 \
	    -extfile <(printf 'subjectAltName=DNS:%s' "$1") \
	    -out "$D/$1.crt" && cat "$D/$1.crt" "$D/$1.key" >"$D/$1.pem"
}

{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$D/ca.key" \
	    -out "$D/ca.pem" -days 30 -subj '/CN=An authority of our own' \
	    -addext basicConstraints=critical,CA:TRUE && certificate localhost &&
	    certificate elsewhere.example
} >>"$D/log/setup.log" 2>&1 || fail "no certificates"

# with SECTION.KEY=VALUE...: a worker with these settings.
with() {
	! alive worker || end worker
	set_ini "$@"
	begin worker
	forget_mails
}

# server [ARGUMENT...]: another mail server.
server() {
	! alive mail || end mail
	mail_server "$@"
}

# sent TLS [LOGIN]: a mail arrives that way.
sent() {
	forget_mails
	notice succeeded
	mails
	expect_json --arg tls "$1" --arg login "${2:-}" \
	    'length == 1 and .[0].tls == $tls and (.[0].login // "") == $login'
}

# not_sent ERROR
not_sent() {
	forget_mails
	notice retrying "$1"
	expect mails_are 0
	psql_q "UPDATE jobs SET state = 'cancelled' WHERE id = '$NOTICE'"
}

step "STARTTLS is used if it is offered, if so wanted"
server
with mail.starttls=try
sent no
server --tls starttls --cert "$D/elsewhere.example.pem"
sent yes
with mail.starttls=off
sent no

step "a server that insists on it gets no mail without it"
server --tls starttls --cert "$D/localhost.pem" --require-tls
not_sent 'STARTTLS'

step "where it is required it is there, and the server proves its name"
with mail.starttls=require "mail.ca_file=$D/ca.pem"
sent yes
server --tls starttls --cert "$D/elsewhere.example.pem"
not_sent 'SSL'
server
not_sent 'STARTTLS not supported'
server --tls starttls --cert "$D/localhost.pem"
with mail.ca_file=
not_sent 'SSL'
with mail.ca_file=/nonexistent
not_sent '/nonexistent'

step "a login"
server --tls starttls --cert "$D/localhost.pem" --login "errand:seCret 1"
with "mail.ca_file=$D/ca.pem"
not_sent '530'
with mail.username=errand mail.password=wrong
not_sent '535'
with "mail.password=seCret 1"
sent yes errand
expect_same "lines with the password" \
    "$(grep -c 'seCret' "$D/log/errand.log" || true)" 0

step "TLS from the start"
with mail.username= mail.password= mail.starttls=try
server --tls smtps --cert "$D/localhost.pem"
with mail.ca_file="$D/ca.pem"
sent yes
with mail.ca_file=
not_sent 'SSL'
server --tls smtps --cert "$D/elsewhere.example.pem"
with mail.ca_file="$D/ca.pem"
not_sent 'SSL'

step "settings that would give the password away are refused"
end worker
set_ini mail.url=smtp://mail.example.org mail.username=errand mail.password=x
! "$BUILD/errand-worker" -c "$D/errand.ini" --check-config 2>"$D/said" ||
    fail "they were accepted"
expect grep -q 'mail.*username.*require' "$D/said"
set_ini mail.starttls=require
expect "$BUILD/errand-worker" -c "$D/errand.ini" --check-config
