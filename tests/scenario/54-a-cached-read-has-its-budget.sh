#!/bin/bash
# SPDX-License-Identifier: ISC
# What a cached read costs in system calls: one accept, one read, one round
# trip to Redis, one write, one close; nothing else, and no PostgreSQL.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need strace
PROCESSES=1
# Traces are on, but of these requests there is none.
stack_up trace.endpoint=http://127.0.0.1:1/v1/traces \
    trace.sampler=parentbased_always_off trace.socket="$D/trace.sock"

api POST /tasks -H 'Content-Type: application/json' -d '{"title": "one"}'
expect_status 201
id=$(json .id)
hit() {
	api GET "$@"
	expect_status 200
	[ "$(header X-Cache)" = hit ]
}
# calls_of PATH [CURL ARGUMENT...]: into the file calls, one line for each request.
calls_of() {
	local tracer
	expect_soon 10 hit "$@"
	rm -f "$D/trace" "$D/tracer"
	strace -qq -o "$D/trace" -p "$(fcgi_pids)" 2>"$D/tracer" &
	tracer=$!
	retry 10 traced || {
		kill "$tracer" 2>/dev/null || true
		skip "strace may not look at our processes: $(cat "$D/tracer")"
	}
	for _ in 1 2 3 4 5; do
		expect hit "$@"
	done
	retry 10 all_traced || true
	kill -s INT "$tracer"
	wait "$tracer" || true
}
all_traced() {
	requests <"$D/trace" >"$D/calls"
	[ "$(wc -l <"$D/calls")" -ge 5 ]
}
# The accept that waits, or the tick that ends it.
traced() {
	grep -q . "$D/trace" 2>/dev/null
}
# requests: the calls between accept and close, and MORE behind it, client for
# the connection that was accepted and other for any other file.  Ticks are left
# out, and the calls that they interrupt, which begin anew; so is what a sanitizer
# does for its own memory.
requests() {
	awk -v more="$MORE" -v skip="^---|^rt_sigreturn$(sanitized && echo '|^m')" '
		$0 ~ skip || / = \? ERESTART/ { next }
		{
			name = $0; sub(/\(.*/, "", name)
			fd = $0; sub(/^[a-z0-9_]*\(/, "", fd); fd += 0
			sub(/^(recv|recvfrom|recvmsg)$/, "read", name)
			sub(/^(send|sendto|sendmsg|writev)$/, "write", name)
		}
		name == "accept4" && / = [0-9]+$/ {
			client = $NF; line = "accept"; over = n = 0
			next
		}
		line == "" { next }
		{ line = line " " name "-" (fd == client ? "client" : "other") }
		name == "close" { over = 1 }
		over && ++n > more { print line; line = ""; over = n = 0 }'
}
MORE=0
want="accept read-client write-other read-other write-client close-client"

for path in "/tasks/$id" /tasks; do
	step "$path out of the cache"
	calls_of "$path"
	expect_same "the number of requests" "$(wc -l <"$D/calls")" 5
	while read -r line; do
		expect_same "what a request did" "$line" "$want"
	done <"$D/calls"
done

step "a traced request hands its spans over in one call more"
MORE=1
calls_of /tasks -H \
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
expect_same "the number of requests" "$(wc -l <"$D/calls")" 5
while read -r line; do
	expect_same "what a request did" "$line" "$want write-other"
done <"$D/calls"
