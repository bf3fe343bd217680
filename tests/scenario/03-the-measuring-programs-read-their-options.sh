#!/bin/bash
# SPDX-License-Identifier: ISC
# contrib/bench and contrib/check judge their options and look for packages
# before they do anything else.
set -euo pipefail
TOP=$(cd "${srcdir:-.}" && pwd -P)
[ -x "$TOP/contrib/bench" ] || { echo "skipped: there is no contrib" && exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# expect STATUS PATTERN COMMAND...: what it prints has the pattern, and is one
# line if it is an error.
expect() {
	local want=$1 pattern=$2 got=0
	shift 2
	timeout 100 "$@" >"$work/out" 2>&1 </dev/null || got=$?
	if [ "$got" != "$want" ] || ! grep -q -e "$pattern" "$work/out" ||
	    { [ "$want" != 0 ] && [ "$(wc -l <"$work/out")" != 1 ]; }; then
		echo "FAIL: $*"
		echo "  expected status $want and \"$pattern\", got $got and"
		sed 's/^/  /' "$work/out"
		failed=1
	fi
}

bench=$TOP/contrib/bench check=$TOP/contrib/check
expect 0 '--rows N' "$bench" --help
expect 0 '^usage: ' "$check" --help
expect 1 '^bench: unknown option "--what"' "$bench" --what
expect 1 '^check: unknown option "--what"' "$check" --what
for option in --rows --runs --seconds --processes; do
	expect 1 "^bench: $option needs a value" "$bench" "$option"
	expect 1 "^bench: $option: \"0\" is no number" "$bench" "$option" 0
	expect 1 "^bench: $option: \"x\" is no number" "$bench" "$option" x
done
expect 1 '^bench: --only needs a value' "$bench" --only

if command -v dpkg-query >/dev/null; then
	mkdir "$work/bin"
	cat >"$work/bin/dpkg-query" <<-'END'
		#!/bin/sh
		/usr/bin/dpkg-query "$@" | grep -v '^redis-server '
	END
	chmod +x "$work/bin/dpkg-query"
	for program in bench check; do
		expect 1 "^$program: packages are missing: apt-get install .*redis-server" \
		    env PATH="$work/bin:$PATH" "$TOP/contrib/$program" \
		    --no-install
	done
fi
exit "$failed"
