# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios about mail; comes after lib.sh.

# mail_server [ARGUMENT...]: tests/lib/mail-server in place of the sink, on the
# port it had before if it had one; sets MAIL_PORT, and the settings to it.
mail_server() {
	local scheme=smtp
	[[ " $* " != *" smtps "* ]] || scheme=smtps
	mkdir -p "$D/mail"
	/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null ||
	    skip "python3-aiosmtpd is not installed"
	: >"$D/log/mail.log"
	launch mail "$TOP/tests/lib/mail-server" --rules "$D/rules" "$@" \
	    "${MAIL_PORT:-0}" "$D/mail" || fail "the mail server did not start"
	await mail 20 mail_port >>"$D/log/setup.log" ||
	    fail "the mail server did not start"
	MAIL_PORT=$(mail_port)
	set_ini "mail.url=$scheme://localhost:$MAIL_PORT"
}

# rules [RULE...]: what the mail server refuses from now on.
rules() {
	if [ $# = 0 ]; then
		rm -f "$D/rules"
	else
		printf '%s\n' "$@" >"$D/rules.new"
		mv "$D/rules.new" "$D/rules"
	fi
}

# mails: reads all that has arrived into BODY, so that json and expect_json
# tell of it.
mails() {
	"$TOP/tests/lib/mail-read" "$D/mail" >"$BODY" ||
	    fail "a mail cannot be read"
}

# mails_are N: so many have arrived.
mails_are() {
	local -a files=("$D"/mail/*.eml)
	[ -e "${files[0]}" ] || files=()
	[ "${#files[@]}" = "$1" ]
}

forget_mails() {
	rm -f "$D"/mail/*.eml
}

# notice_of TASK: sets NOTICE to the id of its job.
notice_of() {
	NOTICE=$(psql_q "SELECT id FROM jobs WHERE task_id = '$1'
	    AND kind = 'errand.send_notification'")
	[ -n "$NOTICE" ] || fail "no job for task $1"
}

# notice STATE [ERROR]: makes a task, and waits until its mail's job is in
# that state, with that text in its error.
notice() {
	new_task '{"title": "Something"}'
	notice_of "$ID"
	expect_soon 30 notice_is "$@"
}

notice_is() {
	job_is "$NOTICE" "$1" &&
	    [[ $(psql_q "SELECT last_error FROM jobs
	        WHERE id = '$NOTICE'") = *"${2:-}"* ]]
}
