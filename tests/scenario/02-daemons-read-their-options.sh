#!/bin/sh
# SPDX-License-Identifier: ISC
# What errand.fcgi and errand-worker make of their command lines, as far as
# neither begins to serve.
set -eu
: "${builddir:=.}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for name in $(env | sed -n 's/^\(ERRAND_[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
failed=0
cat >"$work/good.ini" <<'END'
[auth]
issuer = https://sso.example/realms/main
END
printf '[auth]\nleeway = long\n[job:x]\n' >"$work/bad.ini"

# expect STATUS STREAM PATTERN PROGRAM ARGUMENT...: the stream, out or err, has
# the pattern, and the other one is empty.
expect() {
	status=$1
	stream=$2
	pattern=$3
	name=$4
	shift 4
	got=0
	timeout 20 "$builddir/$name" "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	if [ "$stream" = out ]; then other=err; else other=out; fi
	if [ "$got" -ne "$status" ] || [ -s "$work/$other" ] ||
	    ! grep -q -e "$pattern" "$work/$stream"; then
		echo "FAIL: $name $*"
		echo "  expected status $status and \"$pattern\" on std$stream, got $got and"
		sed 's/^/  /' "$work/out" "$work/err"
		failed=1
	fi
}

for program in errand.fcgi errand-worker errand-metrics errand-stream; do
	expect 0 out "^usage: $program " "$program" --help
	expect 0 out "^usage: $program " "$program" -h
	expect 0 out '^errand [0-9]' "$program" -V
	expect 2 err "^usage: $program " "$program" --frobnicate
	expect 2 err "^usage: $program " "$program" -c
	expect 2 err "^usage: $program " "$program" -t now
	expect 0 out 'good.ini: ok$' "$program" -t -c "$work/good.ini"
	expect 0 out 'good.ini: ok$' "$program" --check-config \
		--config "$work/good.ini"
	expect 1 err "^$program: .*bad.ini:2: \[auth\] leeway: \"long\"" \
		"$program" -t -c "$work/bad.ini"
	expect 1 err "^$program: .*bad.ini:3: \[job:x\] is no kind of " \
		"$program" -t -c "$work/bad.ini"
	expect 1 err "^$program: .*none.ini: No such file" \
		"$program" -t -c "$work/none.ini"
	expect 78 err "^$program: .*bad.ini:2: \[auth\] leeway: \"long\"" \
		"$program" -c "$work/bad.ini"
	for row in 'log=file=/no/log: \[log\] file: /no: No such file' \
		"log=file=$work: \[log\] file: $work: Is a directory" \
		"log=file=$work/good.ini/log: \[log\] file: .*: Not a directory" \
		'auth=ca_file=/no/ca: \[auth\] ca_file: /no/ca: No such file' \
		"mail=ca_file=$work/good.ini: \[mail\] ca_file: .*no certificate" \
		"mail=templates=$work: \[mail\] templates: .*created.text: No such" \
		'database=conninfo=sslrootcert=/no: \[database\] conninfo: /no: No'
	do
		setting=${row%%: *}
		{
			cat "$work/good.ini"
			printf '[%s]\n%s\n' "${setting%%=*}" "${setting#*=}"
		} >"$work/file.ini"
		expect 1 err "file.ini:4: ${row#*: }" \
			"$program" -t -c "$work/file.ini"
	done
done
expect 1 err 'issuer is empty' errand.fcgi -t -c /dev/null
expect 78 err 'issuer is empty' errand.fcgi -c /dev/null
expect 1 err 'issuer is empty' errand-stream -t -c /dev/null
expect 0 out '/dev/null: ok$' errand-worker -t -c /dev/null
expect 2 err '^usage: errand.fcgi ' errand.fcgi --relay
for mode in --jobs --relay; do
	expect 0 out 'good.ini: ok$' errand-worker $mode $mode -t \
		-c "$work/good.ini"
done
expect 2 err '^errand-worker: --jobs and --relay exclude each other$' \
	errand-worker --jobs --relay -t
expect 2 err '^errand-worker: --relay and --jobs exclude each other$' \
	errand-worker --relay -t --jobs

exit "$failed"
