# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios about traces; comes after lib.sh.

# otlp_python: prints the Python of a venv that contrib/otlp-venv has made for
# root or us, or Debian's.
otlp_python() {
	local uid dir
	for uid in "$(id -u)" 0; do
		dir=/var/tmp/errand-otlp-$uid
		if [ "$(stat -c %u "$dir/complete" 2>/dev/null)" = "$uid" ] &&
		    [ "$(stat -c %u "$dir")" = "$uid" ]; then
			printf '%s/bin/python' "$dir"
			return
		fi
	done
	printf /usr/bin/python3
}

# otlp_start [ARGUMENT...]: tests/lib/otlp-receiver, on the port it had before
# if it had one; sets OTLP, its address.
otlp_start() {
	mkdir -p "$D/otlp"
	: >"$D/log/otlp.log"
	launch otlp "$(otlp_python)" "$TOP/tests/lib/otlp-receiver" "$@" \
	    "${OTLP_PORT:-0}" "$D/otlp" || fail "the receiver did not start"
	await otlp 20 otlp_port >>"$D/log/setup.log" ||
	    fail "the receiver did not start"
	OTLP_PORT=$(otlp_port)
	OTLP=http://127.0.0.1:$OTLP_PORT/v1/traces
	grep -q opentelemetry-proto "$D/log/otlp.log" ||
	    say "judged without opentelemetry-proto: contrib/otlp-venv gets it"
}

otlp_port() {
	sed -n 's/^listening on 127.0.0.1 port \([0-9]*\).*/\1/p' \
	    "$D/log/otlp.log" | tail -n 1 | grep .
}

# otlp_rule [ANSWER...]: what it answers from now on.
otlp_rule() {
	rm -f "$D/otlp/rule"
	[ $# = 0 ] || printf '%s\n' "$*" >"$D/otlp/rule"
}

# spans [TRACE]: reads all spans that have come, or those of that trace, into
# BODY: objects with name, id, parent, kind, error, service, scope, and the
# attributes in at.
spans() {
	local -a files=("$D"/otlp/*.json)
	[ ! -e "$D/otlp/faults" ] || fail "the receiver: $(cat "$D/otlp/faults")"
	[ -e "${files[0]}" ] || files=(/dev/null)
	jq -s --arg trace "${1:-}" '
	    def attributes: map({(.key): (.value.stringValue //
	        (.value.intValue | tonumber))}) | add // {};
	    [.[].resourceSpans[] | .resource.attributes as $r | .scopeSpans[] |
	     .scope.name as $scope | .spans[] |
	     select($trace == "" or .traceId == $trace) |
	     {trace: .traceId, id: .spanId, parent: .parentSpanId, name, kind,
	      state: .traceState, error: (.status.code == 2), $scope,
	      from: .startTimeUnixNano, to: .endTimeUnixNano,
	      at: (.attributes | attributes), resource: ($r | attributes)}]' \
	    "${files[@]}" >"$BODY"
}

# spans_are TRACE JQ-FILTER: as a question.
spans_are() {
	spans "$1" && json_is "$2"
}
