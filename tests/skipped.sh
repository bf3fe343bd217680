#!/bin/sh
# SPDX-License-Identifier: ISC
# Says how many of the tests with these logs were skipped, and for what
# reasons; nothing if none was.
set -eu

reasons() {
	for log; do
		grep -qs '^:test-result: SKIP' "${log%.log}.trs" || continue
		sed -n 's/^\(skipped\|SKIP\): //p' "$log" | tail -n 1
	done
}

why=$(reasons "$@" | sort | uniq -c | sort -rn)
[ -n "$why" ] || exit 0
printf '%s of %s tests were SKIPPED:\n%s\n' \
    "$(reasons "$@" | wc -l)" "$#" "$why"
