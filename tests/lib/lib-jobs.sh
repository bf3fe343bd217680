# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios about jobs; comes after lib.sh.

# job_kind KIND KEY=VALUE...: a section [job:KIND] in errand.ini.
job_kind() {
	local kind=$1 each
	shift
	for each; do
		ini_set "$D/errand.ini" "job:$kind" "${each%%=*}" "${each#*=}" ||
		    fail "errand.ini cannot be written"
	done
}

# job_script KIND [KEY=VALUE...]: the same, with a command that is read from
# standard input; it runs in the folder D.
job_script() {
	local kind=$1
	shift
	{
		printf '#!/bin/sh\ncd %q || exit 1\n' "$D"
		cat
	} >"$D/$kind" && chmod +x "$D/$kind" || fail "no script for $kind"
	job_kind "$kind" command="exec $D/$kind" "$@"
}

# new_job KIND [JSON [RUN_AT [COLUMNS VALUES]]]: puts a row there, as a change
# of a task does, and sets ID.
new_job() {
	ID=$(psql_q "INSERT INTO jobs (kind, args, run_at, relayed_at)
	    VALUES ('$1', \$json\$${2:-{\}}\$json\$, ${3:-now()}, now())
	    RETURNING id") || fail "no row for a job"
}

# job_get ID EXPRESSION: prints it; fails if it is false.
job_get() {
	local got
	got=$(psql_q "SELECT $2 FROM jobs WHERE id = '$1'") || return 1
	printf '%s\n' "$got"
	[ "$got" != f ] && [ -n "$got" ]
}

# job_is ID STATE
job_is() {
	[ "$(job_get "$1" state)" = "$2" ]
}

# job_states CONDITION WANTED: kinds and states, one a line, sorted.
job_states() {
	[ "$(psql_q "SELECT kind || ' ' || state FROM jobs WHERE $1
	    ORDER BY 1")" = "$2" ]
}

# none_open: every job has come to its end.
none_open() {
	[ "$(psql_q "SELECT count(*) FROM jobs WHERE state NOT IN
	    ('succeeded', 'failed', 'cancelled')")" = 0 ]
}

# list_has LIST N: so many messages wait there.
list_has() {
	[ "$(redis_q llen "$1")" = "$2" ]
}

# nothing_held: no message is in anybody's hands.
nothing_held() {
	[ "$(redis_q hlen unacked)" = 0 ]
}

# second_worker NODE: another pool, with the settings of now; begin_second
# starts it, under the name worker2.
second_worker() {
	cp "$D/errand.ini" "$D/errand2.ini" &&
	    ini_set "$D/errand2.ini" worker node "$1" ||
	    fail "errand2.ini cannot be written"
}

begin_second() {
	launch worker2 "$BUILD/errand-worker" -c "$D/errand2.ini" &&
	    retry 5 test -s "$D/proc/worker2" || fail "no second worker"
}

# message ID KIND HEADERS BODY: puts it into our queue, as Celery does.
message() {
	local body
	body=$(printf '%s' "$4" | base64 -w 0)
	jq -nc --arg id "$1" --arg kind "$2" --arg body "$body" \
	    --arg tag "${TAG:-tag of $1}" --argjson more "$3" '
		{body: $body, "content-encoding": "utf-8",
		 "content-type": "application/json",
		 headers: ({lang: "py", task: $kind, id: $id, retries: 0,
		    ignore_result: false} + $more),
		 properties: {correlation_id: $id, delivery_mode: 2,
		    delivery_info: {exchange: "", routing_key: "errand"},
		    priority: 0, body_encoding: "base64",
		    delivery_tag: $tag}}' |
	    redis_q -x lpush errand >/dev/null
}

# row_of ID: sets ID to that of the row of a message.
row_of() {
	ID=$(psql_q "SELECT id FROM jobs WHERE message_id = '$1'")
	[ -n "$ID" ]
}

# Behind args and kwargs in a body.
NO_MORE='{"callbacks":null,"errbacks":null,"chain":null,"chord":null}'
