#!/bin/bash
# SPDX-License-Identifier: ISC
# After many requests of all kinds a process has as much memory and as many
# files open as after some.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
! sanitized || skip "a sanitizer keeps freed memory for a while"
PROCESSES=1
stack_up auth.token_cache=256 log.requests=off

pid=$(fcgi_pids)
# rss: in KiB.
rss() {
	if [ -r "/proc/$pid/smaps_rollup" ]; then
		awk '/^Rss:/ { print $2 }' "/proc/$pid/smaps_rollup"
	else
		awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
	fi
}
files() {
	find "/proc/$pid/fd" -mindepth 1 | wc -l
}
load_begin mix
load_order 1000
memory=$(rss) files=$(files)
load_order 3000
now=$(rss)
say "  $memory KiB after 1000 requests, $now KiB after 4000"
# The smallest block of malloc for each request would be more than that.
expect [ "$now" -le $((memory + 80)) ]
expect_same "the number of open files" "$(files)" "$files"
load_end
expect_same "the process" "$(fcgi_pids)" "$pid"
