#!/bin/sh
# SPDX-License-Identifier: ISC
# What errandctl says and returns where it needs no server; programs that it
# becomes are replaced by one that tells what it was given.
set -eu
: "${srcdir:=.}" "${builddir:=.}"

top=$(cd "$srcdir" && pwd -P)
ctl=$(cd "$builddir" && pwd -P)/errandctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for name in $(env | sed -n 's/^\(\(ERRAND_\|PG\)[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
failed=0
search=$PATH

# expect STATUS PATTERN ARGUMENT...: both outputs together have the pattern.
expect() {
	status=$1
	pattern=$2
	shift 2
	got=0
	PATH=$search "$ctl" "$@" >"$work/out" 2>&1 </dev/null || got=$?
	if [ "$got" -ne "$status" ] || ! grep -q -e "$pattern" "$work/out"; then
		echo "FAIL: errandctl $*"
		echo "  expected status $status and \"$pattern\", got $got and"
		sed 's/^/  /' "$work/out"
		failed=1
	fi
}

cat >"$work/good.ini" <<'END'
[database]
conninfo = host=/run/pg port=5433 user=me dbname=tasks
password = s3 cret
END
printf '[database]\nconninfo = host=far.example user=a"b\n' >"$work/far.ini"
printf '[database]\nconninfo = host far\n' >"$work/odd.ini"
cat >"$work/bad.ini" <<'END'
[http]
body_limit = much
[rediss]
END

expect 2 '^usage: errandctl'
expect 0 '^  migrate ' --help
expect 0 '^errand [0-9]' --version
expect 2 'did you mean health?' helth
expect 2 'no command "frobnicate"' frobnicate
expect 2 'Try "errandctl --help"' --frobnicate
for command in cache config health jobs migrate setup tasks token top; do
	expect 0 "^usage: errandctl .* $command " "$command" --help
	expect 0 "^usage: errandctl .* $command " help "$command"
done
expect 0 '^  migrate ' help
expect 0 '^CREATE ROLE "me" LOGIN;$' -c "$work/good.ini" setup --print
expect 0 '^CREATE DATABASE "tasks" OWNER "me" TEMPLATE' -c "$work/good.ini" \
    setup --print
expect 2 'it takes options only' -c "$work/good.ini" setup now
expect 1 'libpq cannot read it' -c "$work/odd.ini" setup
expect 1 'PostgreSQL is on far.example; let its' -c "$work/far.ini" setup
expect 1 '^CREATE ROLE "a""b" LOGIN;$' -c "$work/far.ini" setup
expect 0 '^  -s, --state STATE' jobs list --help
expect 0 '^  -s, --state STATE' jobs list -n 5 -h
expect 0 '^  -s, --state STATE' help jobs list
expect 2 'did you mean help?' hlep
expect 2 'from 1 to 3600, and not "0"' top --interval 0
expect 2 'it takes no "now"' top now
expect 2 'did you mean jobs?' help jbos
expect 2 'did you mean retry?' help jobs rerty
expect 2 'help health takes no "now"' help health now
expect 2 'help jobs takes no "7"' help jobs show 7
expect 2 'there is no "--help"' cache -- --help

expect 0 'good.ini: ok' -c "$work/good.ini" config check
[ "$(id -u)" -ne 0 ] ||
	expect 0 'whether the user of the service may is not judged' \
		-c "$work/good.ini" config check
printf '[log]\nfile = /no/such/log\n' >"$work/file.ini"
expect 1 'file.ini:2: \[log\] file: /no/such: No such' \
	-c "$work/file.ini" config check
expect 0 '^file = /no/such/log' -c "$work/file.ini" config show
export OTEL_EXPORTER_OTLP_PROTOCOL=grpc
expect 0 'OTEL_EXPORTER_OTLP_PROTOCOL is ignored: its value cannot' \
	-c "$work/good.ini" config check
unset OTEL_EXPORTER_OTLP_PROTOCOL
expect 1 'bad.ini:2: \[http\] body_limit: "much"' -c "$work/bad.ini" config check
expect 1 'bad.ini:3: .*did you mean \[redis\]' -c "$work/bad.ini" config check
expect 1 'bad.ini:2:' -c "$work/bad.ini" config show
expect 1 'none.ini: No such file' -c "$work/none.ini" config check
expect 0 'password = \*\*\* ; .*good.ini:3' -c "$work/good.ini" config show
expect 2 'one of: check show explain sample' config
expect 2 'show takes no "x"' config show x
expect 0 '^    variable    ERRAND_HTTP_BODY_LIMIT$' config explain http.body_limit
expect 0 '^    range       1k to 16m$' config explain body_limit
expect 0 '^    values      text, json$' config explain log.format
expect 0 'password_file or$' config explain redis.password_file
expect 0 '^\[job:KIND\] queue$' config explain queue
expect 0 '^\[broker\] queue$' config explain queue
expect 0 '^\[purge\] jobs_age$' config explain purge
for name in '[mail] url' 'mail url' ERRAND_MAIL_URL mail.url; do
	expect 0 '^\[mail\] url$' config explain "$name"
done
expect 0 '^\[mail\] url$' config explain '[mail]' url
expect 0 '^\[mail\]$' config explain '[mail]'
expect 0 '^\[mail\] password$' config explain ERRAND_MAIL_PASSWORD_FILE
expect 0 '^\[job:KIND\]$' config explain job:errand.purge
expect 0 '^\[job:KIND\] queue$' config explain '[job:errand.purge] queue'
expect 0 '^\[job:KIND\] queue$' config explain job:errand.purge.queue
expect 2 'did you mean ERRAND_MAIL_URL?' config explain ERRAND_MAIL_ULR
expect 0 '^\[job:KIND\] backoff_max$' -c "$work/bad.ini" config explain
expect 2 '"cahce.tll"; did you mean cache.ttl?' config explain cahce.tll
expect 2 'did you mean introspect?' config explain intorspect
expect 2 'no setting or section "frobnicate"$' config explain frobnicate
expect 0 '^;body_limit = 128k$' config sample
expect 2 'no "chekc"; did you mean check?' config chekc
expect 2 'one of: flush' cache
expect 2 'did you mean flush?' cache flsuh
expect 2 'flush takes no "all"' cache flush all
expect 2 'one of: list show retry' jobs
expect 2 'no "lst"; did you mean list?' jobs lst
expect 2 'no "frobnicate"; it takes one of: list show' jobs frobnicate
expect 2 'needs the id' jobs show
expect 2 '"7" is no UUID' jobs cancel 7
expect 2 'not both' jobs retry --all 0191d5a0-0000-7000-8000-000000000000
expect 2 'takes no -s' jobs show -s failed
expect 2 'no state "sleeping"' jobs list --state failed,sleeping
expect 2 'is no number' jobs list -n 0
expect 2 'is no date' jobs purge --before yesterday
expect 2 'takes no "now"' jobs purge now
expect 1 'bad.ini:2:' -c "$work/bad.ini" jobs list
expect 2 'one of: list show add edit done delete' tasks
expect 2 'no "lst"; did you mean list?' tasks lst
expect 2 'needs the id of a task' tasks show
expect 2 'needs a title' tasks add -s pending
expect 2 '"7" is no UUID' tasks "done" 7
expect 2 'list takes no --force' tasks list --force
expect 2 'show takes no --title' tasks show -t x
expect 2 'list takes no "x"' tasks list x
expect 2 'edit takes no "x"' tasks edit 0191d5a0-0000-7000-8000-000000000000 x
expect 2 'from 1 to 3600, and not "0"' tasks list --timeout 0
expect 2 'where is the service' -c "$work/bad.ini" tasks list
expect 2 'is no address' tasks list --url 'https://a@b'
expect 4 'there is no token' -c "$work/none.ini" tasks list --url https://b
expect 2 'needs a file' tasks import
expect 2 'import takes no "b"' tasks import a b
expect 2 'import takes no --output' tasks import a -o b
expect 0 '^tasks$' help --words
expect 0 '^redrive$' help --words jobs
expect 0 '^--if-match$' help --words tasks
expect 3 'invalid option' health -x
expect 3 'bad.ini:2:' -c "$work/bad.ini" health

# From here on sqitch and psql are stand-ins.
mkdir "$work/bin"
cat >"$work/bin/sqitch" <<'END'
#!/bin/sh
echo "$(basename "$0") $*"
echo "$PGHOST|$PGPORT|$PGUSER|$PGDATABASE|$PGPASSWORD"
case $* in *s3*) echo "the password is for all to see" ;; esac
exit 7
END
chmod +x "$work/bin/sqitch"
search=$work/bin:$PATH
ERRAND_SQL=$top/sql
export ERRAND_SQL

expect 7 '^sqitch deploy --mode change --target db:pg:tasks$' -c "$work/good.ini" migrate
expect 7 '^/run/pg|5433|me|tasks|s3 cret$' -c "$work/good.ini" migrate
! grep 'for all to see' "$work/out" || failed=1
expect 7 '^sqitch verify --to-change jobs ' \
	-c "$work/good.ini" migrate verify --to jobs
expect 7 '^sqitch revert -y ' -c "$work/good.ini" migrate revert --yes
expect 7 '^h||u|d|p%w$' migrate -t 'postgresql://u:p%25w@h/d' status
expect 7 '^sqitch status --target db:pg:$' migrate -t "dbname='a b'" status
expect 2 'nobody to ask' migrate revert
expect 2 'no "depoly"; did you mean deploy?' migrate depoly
expect 2 'takes no --to' migrate status --to jobs
expect 2 'only deploy' migrate revert --psql
expect 1 'connection string is wrong: libpq cannot read it: ' migrate -t nonsense
# A part of a password is in what libpq would say.
for target in 'host=a password=s3 cret' 'host=a pasword=cret' \
    'postgresql://u:s3%cret@a/b' 'postgresql://u:s3@cret/b@a/b'; do
	expect 1 'connection string is wrong: ' migrate -t "$target"
	if grep -q cret "$work/out"; then
		echo "FAIL: errandctl migrate -t tells a part of \"$target\""
		failed=1
	fi
done
expect 1 "$work/sqitch.plan: No such file" migrate -s "$work"
search=$work/none
expect 1 'apt-get install sqitch' migrate

exit "$failed"
