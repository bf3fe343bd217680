#!/bin/bash
# SPDX-License-Identifier: ISC
# The log is opened anew after SIGHUP, and soon without it as well; a full disk
# does not keep anybody from serving, and what was lost is told.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=1
stack_up log.flush=50ms

pid=$(fcgi_pids)
log=$D/log/errand.log
serves() {
	api GET "/tasks?limit=$1"
	expect_status 200
}
# logged ID: a request with that id is in the log.
logged() {
	api GET /me -H "X-Request-ID: $1"
	expect_status 200
	retry 1 in_log "request_id=$1"
}

step "the log is moved away"
expect_soon 10 logged first
mv "$log" "$log.1"
kill -s HUP "$pid"
expect_soon 10 logged second
expect not grep -q second "$log.1"
mv "$log" "$log.2"
expect_soon 10 logged third
expect not grep -q first "$log"

step "logrotate rotates it"
if command -v logrotate >/dev/null; then
	mkdir "$D/rotated"
	sed -e "s|/var/log/errand|$D/log|" -e '/^\tsu /d' \
	    "$TOP/etc/logrotate/errand" >"$D/rotated/errand"
	expect logrotate -f -s "$D/rotated/state" "$D/rotated/errand"
	expect grep -q third "$log.1"
	expect_soon 10 logged rotated
	expect_same "lines of what was moved" "$(grep -c third "$log")" 0
else
	say "  not tried: logrotate is not installed"
fi

step "its folder is gone for a while"
mv "$D/log" "$D/log.away"
kill -s HUP "$pid"
for n in 1 2 3; do
	serves "$n"
done
mv "$D/log.away" "$D/log"
kill -s HUP "$pid"
expect_soon 10 logged fourth
expect_same "the process" "$(fcgi_pids)" "$pid"

step "the disk is full"
set_ini log.file=/dev/full
end fcgi
begin fcgi 1
expect_soon 20 ready
pid=$(fcgi_pids)
for n in {1..50}; do
	serves "$n"
done
expect_same "the process" "$(fcgi_pids)" "$pid"

step "a file may grow no more"
set_ini "log.file=$log"
end fcgi
begin fcgi 1
expect_soon 20 ready
pid=$(fcgi_pids)
begin worker
pool=$(pid_of worker)
prlimit --pid "$pid" --fsize=1:
prlimit --pid "$pool" --fsize=1:
for n in 1 2 3; do
	serves "$n"
done
expect_same "the process" "$(fcgi_pids)" "$pid"
children=$(children_of "$pool")
anew() {
	local now
	now=$(children_of "$pool") && [ -n "$now" ] && [ "$now" != "$children" ]
}
kill -s HUP "$pool"
expect_soon 20 anew
new_task '{"title": "x"}'
run() {
	psql_is "SELECT state FROM jobs WHERE kind = 'errand.send_notification'" \
	    cancelled
}
expect_soon 20 run
kill -0 "$pool" || fail "the pool has ended"
end worker

step "the disk has room again"
mkdir "$D/small"
mount -t tmpfs -o size=16k errand "$D/small" 2>/dev/null ||
    { say "  not tried: no file system may be mounted here" && exit 0; }
at_end umount -l "$D/small"
set_ini "log.file=$D/small/errand.log"
log=$D/small/errand.log
end fcgi
begin fcgi 1
expect_soon 20 ready
pid=$(fcgi_pids)
cat /dev/zero >"$D/small/filler" 2>/dev/null || true
for n in {1..100}; do
	serves "$n"
done
rm "$D/small/filler"
lost_told() {
	serves 1
	grep -q 'log lines were lost lines=[1-9]' "$log"
}
expect_soon 10 lost_told
expect_same "the process" "$(fcgi_pids)" "$pid"
