#!/bin/bash
# SPDX-License-Identifier: ISC
# A real rsyslog and a real journald get each line with its fields; one that
# stands still or is away holds nobody up, and what is lost is counted.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
command -v rsyslogd >/dev/null || skip "rsyslog is not installed"
PROCESSES=1
stack_up

# rsyslog: messages as JSON, a line each, wherever they come from.
cat >"$D/rsyslog.template" <<'EOT'
template(name="json" type="list" option.jsonf="on") {
	property(outname="way" name="inputname" format="jsonf")
	property(outname="severity" name="syslogseverity" format="jsonf")
	property(outname="facility" name="syslogfacility-text" format="jsonf")
	property(outname="version" name="protocol-version" format="jsonf")
	property(outname="host" name="hostname" format="jsonf")
	property(outname="app" name="app-name" format="jsonf")
	property(outname="pid" name="procid" format="jsonf")
	property(outname="fields" name="structured-data" format="jsonf")
	property(outname="msg" name="msg" format="jsonf")
}
EOT
rsyslog_start() {
	cat >"$D/rsyslog.conf" <<-EOT
		global(workDirectory="$D" maxMessageSize="64k"
		    parser.permitSlashInProgramName="on")
		module(load="imudp") module(load="imtcp")
		module(load="imuxsock" SysSock.Use="off")
		input(type="imudp" address="127.0.0.1" port="$FREE")
		input(type="imtcp" address="127.0.0.1" port="$FREE")
		input(type="imuxsock" socket="$RUN/syslog.sock")
		include(file="$D/rsyslog.template")
		action(type="omfile" file="$D/syslog.json" template="json")
	EOT
	: >>"$D/syslog.json"
	launch rsyslog rsyslogd -n -f "$D/rsyslog.conf" -i "$D/rsyslog.pid"
	retry 5 rsyslog_up || { stop rsyslog; return 1; }
}
rsyslog_up() {
	(: <"/dev/tcp/127.0.0.1/$FREE") 2>/dev/null && [ -S "$RUN/syslog.sock" ]
}
# said COUNT LEVEL MESSAGE [FIELD]...
said() {
	"$BUILD/tests/lib/log_say" "$D/errand.ini" "$@"
}
# got [JQ ARGUMENT...] FILTER: the filter finds truth in all that has come.
got() {
	jq -es "$@" <"$D/syslog.json" >/dev/null
}
forget() {
	: >"$D/syslog.json"
}
on_a_port rsyslog_start
SYSLOG_PORT=$FREE

for way in udp tcp; do
	step "RFC 5424 over $way"
	forget
	set_ini "log.syslog=$way://127.0.0.1:$SYSLOG_PORT" log.file= \
	    log.syslog_facility=local3 log.syslog_level=warning \
	    log.stderr_level=off
	expect said 1 info 'not wanted'
	expect said 1 error 'something happened' 'odd=a"b\c]d' \
	    $'lines=one\n<3>two' utf=äß number:-7
	# shellcheck disable=SC2016
	expect_soon 10 got --arg way "im$way" --arg host "$(hostname)" \
	    'length == 1 and (.[0] | .way == $way and .severity == "3" and
	    .facility == "local3" and .version == "1" and .app == "log-say" and
	    .host == $host and (.pid | test("^[0-9]+$")) and
	    (.fields | startswith("[errand@32473 n=\"1\" odd=\"") and
	    contains(" odd=\"a\\\"b\\\\c\\]d\" ") and
	    contains(" utf=\"äß\" number=\"-7\"]") and
	    contains(" lines=\"one\\\\n<3>two\" ")) and
	    (.msg | startswith("something happened n=1 odd=")))'
done

step "RFC 3164 on the socket of this machine"
forget
set_ini "log.syslog=unix://$RUN/syslog.sock"
expect said 1 warning 'something happened' 'path=/a b'
expect_soon 10 got 'length == 1 and (.[0] | .way == "imuxsock" and
    .severity == "4" and .facility == "local3" and .app == "log-say" and
    (.pid | test("^[0-9]+$")) and .version == "0" and .fields == "-" and
    (.msg | ltrimstr(" ") == "something happened n=1 path=\"/a b\""))'
forget
expect said 500 error 'one of many'
expect_soon 10 got 'length == 500 and
    [.[].msg | capture("n=(?<n>[0-9]+)").n | tonumber] == [range(1; 501)]'

step "who serves does not wait for a server that stands still"
end fcgi
set_ini "log.syslog=tcp://127.0.0.1:$SYSLOG_PORT" log.syslog_level=info \
    log.flush=10ms
forget
begin fcgi 1
freeze rsyslog
for n in {1..200}; do
	api GET "/me?$n" -H "X-Request-ID: frozen-$n"
	expect_status 200
done
thaw rsyslog
all_came() {
	got '[.[].msg | capture("^request .*request_id=frozen-(?<n>[0-9]+)").n |
	    tonumber] == [range(1; 201)]'
}
expect_soon 10 all_came
expect got '[.[] | select(.msg | test("frozen-7$"))][0].fields |
    contains(" status=\"200\" ") and contains(" request_id=\"frozen-7\"]")'

step "what is said while it is away goes out when it is back"
end rsyslog
forget
for n in {1..5}; do
	api GET /me -H "X-Request-ID: away-$n"
	expect_status 200
done
FREE=$SYSLOG_PORT
rsyslog_start || fail "rsyslog does not start again"
away_came() {
	got '[.[].msg | select(test("^request .*request_id=away-"))] | length == 5'
}
expect_soon 20 away_came
end fcgi

step "what there is no room for is counted"
end rsyslog
forget
head -c 1000 /dev/zero | tr '\0' x >"$D/long"
set_ini "log.file=$D/log/say.log" log.file_level=warning
said 3000 info 'too many' text@"$D/long" &
saying=$!
expect_soon 20 grep -q 'log lines are being lost' "$D/log/say.log"
rsyslog_start || fail "rsyslog does not start again"
wait "$saying" || fail "they did not go out"
LOST=$(sed -n 's/.* log lines were lost .*lines=//p' "$D/log/say.log")
[ "${LOST:-0}" -gt 0 ] || fail "nothing was lost: \"$LOST\""
# shellcheck disable=SC2016
expect_soon 20 got --argjson lost "$LOST" \
    '[.[].msg | select(startswith("too many"))] | length + $lost == 3000'
expect_same "how often it is told" \
    "$(grep -c 'log lines are being lost' "$D/log/say.log")" 1
end rsyslog

step "a real journal has the fields"
set_ini log.syslog= log.file= log.journal_level=debug
unshare -m true 2>/dev/null ||
    { say "  not tried: only root may have a /run of its own" && exit 0; }
[ -x /lib/systemd/systemd-journald ] ||
    { say "  not tried: systemd is not installed" && exit 0; }
cat >"$D/journald" <<'EOT'
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd
mkdir -p /run/systemd/journal /run/log/journal
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n' \
    >/etc/systemd/journald.conf
exec /lib/systemd/systemd-journald
EOT
launch journald unshare -m bash "$D/journald"
expect_soon 5 test -s "$D/proc/journald"
inside() {
	nsenter -m -t "$(pid_of journald)" "$@"
}
retry 10 inside test -S /run/systemd/journal/socket ||
    { say "  not tried: $(tail -n 1 "$D/log/journald.log")" && exit 0; }
# journal [ARGUMENT...]: entries as JSON, a line each.
journal() {
	inside journalctl -D /run/log/journal -o json --all --no-pager "$@" \
	    >"$D/journal.json"
}
# has COUNT MESSAGE: so many entries have come.
has() {
	journal "ERRAND_MSG=$2" && [ "$(wc -l <"$D/journal.json")" = "$1" ]
}
head -c 100000 /dev/zero | tr '\0' y >"$D/large"
head -c 300000 /dev/zero | tr '\0' z >"$D/huge"
say_inside() {
	inside "$BUILD/tests/lib/log_say" "$D/errand.ini" "$@"
}
expect say_inside 1 error 'it is odd' $'lines=one\nPRIORITY=7\n' \
    'http.route=/tasks/{id}' duration_us:15 'empty='
expect_soon 10 has 1 'it is odd'
expect jq -e '.MESSAGE == "it is odd n=1 lines=\"one\\nPRIORITY=7\\n\" http.route=/tasks/{id} duration_us=15 empty=\"\"" and
    .PRIORITY == "3" and .SYSLOG_IDENTIFIER == "log-say" and
    .SYSLOG_FACILITY == "3" and .ERRAND_LINES == "one\nPRIORITY=7\n" and
    .ERRAND_HTTP_ROUTE == "/tasks/{id}" and .ERRAND_DURATION_US == "15" and
    .ERRAND_EMPTY == "" and .ERRAND_N == "1" and ._TRANSPORT == "journal"' \
    "$D/journal.json" >/dev/null
expect say_inside 1 info 'it is large' text@"$D/large"
expect_soon 10 has 1 'it is large'
expect jq -e '(.ERRAND_TEXT | length) == 100000 and .PRIORITY == "6"' \
    "$D/journal.json" >/dev/null
expect say_inside 1 debug 'it is huge' text@"$D/huge" more@"$D/large"
expect_soon 10 has 1 'it is huge'
expect jq -e '(.ERRAND_TEXT | length) == 262144 and
    (.ERRAND_MORE | length) == 100000 and .PRIORITY == "7"' \
    "$D/journal.json" >/dev/null
expect say_inside 500 info 'one of many'
expect_soon 10 has 500 'one of many'
expect_same "errors" "$(inside journalctl -D /run/log/journal -p err -o cat \
    SYSLOG_IDENTIFIER=log-say | wc -l)" 1

step "a journal that stands still holds nobody up"
freeze journald
timeout 50 nsenter -m -t "$(pid_of journald)" "$BUILD/tests/lib/log_say" \
    "$D/errand.ini" 300 warning 'while it sleeps' &
saying=$!
thaw journald
wait "$saying" || fail "they did not go out"
expect_soon 10 has 300 'while it sleeps'
end journald
