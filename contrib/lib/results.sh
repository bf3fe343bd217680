# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What the tests of a build folder came to, from the files that automake's test
# driver leaves: NAME.trs with the result, NAME.log with what the test said.
# The caller has set COUNT, a file for the three numbers of a step, FAULTS, one
# for the lines on tests that failed, TWICE, one for the lines on tests that
# passed only when they were run once more, and TOOK, one for the seconds that
# each test took, which gets a line "SECONDS NAME BUILD" for each.

# failed_tests: the scenarios in this build folder that failed.
failed_tests() {
	grep -lE '^:test-result: *(FAIL|ERROR)' tests/scenario/*.trs 2>/dev/null |
	    sed 's/\.trs$/.sh/'
}

# once_more COMMAND...: runs the scenarios that failed again, one after the
# other, by COMMAND make, and keeps the log of the first run in NAME.first.  A
# scenario has real servers and waits for them beside many others, so one that
# fails once and then passes alone points to a test that waits for too little:
# it is told as such, and mended, but does not hide what else was found.  More
# than a few are no chance, nor is anything that failed without being a scenario.
once_more() {
	local each
	local -a tests
	mapfile -t tests < <(failed_tests)
	[ "${#tests[@]}" -gt 0 ] && [ "${#tests[@]}" -le 3 ] || return 1
	[ "$(grep -lE '^:test-result: *(FAIL|ERROR)' tests/*/*.trs | wc -l)" = \
	    "${#tests[@]}" ] || return 1
	for each in "${tests[@]}"; do
		cp "${each%.sh}.log" "${each%.sh}.first"
	done
	"$@" make -k check VERBOSE=1 TESTS="${tests[*]}"
}

# failure TRS LOG: which test it was, and what it says in LOG of its failure.
failure() {
	local what='^FAILED at:'
	grep -q "$what" "$2" || what=':[FE]:|ERROR: |runtime error:'
	printf '%s: %s\n' "$(basename "$1" .trs)" \
	    "$(grep -A 2 -E -e "$what" "$2" | head -n 3 | tr '\n' ' ')"
}

# passed_at_last TRS: whether it is a test that failed when it was run first.
passed_at_last() {
	[ -e "${1%.trs}.first" ] &&
	    failure "$1" "${1%.trs}.first" | sed 's/: /: passed alone; before: /'
}

# seconds TRS: how long the test took, from the birth of its log to its result;
# nothing where the file system keeps no births.
seconds() {
	local born
	born=$(stat -c %W "${1%.trs}.log" 2>/dev/null) || return 0
	[ "${born:-0}" -gt 0 ] || return 0
	printf '%s\n' "$(($(stat -c %Y "$1") - born))"
}

# results BUILD: what the tests of a build came to.  A unit test counts as many
# as it has cases.
results() {
	local trs result cases took p=0 f=0 s=0
	for trs in "$1"/tests/*/*.trs; do
		[ -e "$trs" ] || continue
		took=$(seconds "$trs")
		printf '%s %s %s\n' "${took:-0}" "$(basename "$trs" .trs)" \
		    "${1##*/}" >>"$TOOK"
		result=$(sed -n 's/^:test-result: *\([A-Z]*\).*/\1/p' "$trs")
		case $result in
		PASS)
			cases=$(awk '/^[0-9]+%: Checks: / { n += $3 }
			    END { print n + 0 }' FS='[ ,]+' "${trs%.trs}.log")
			p=$((p + (cases > 0 ? cases : 1)))
			passed_at_last "$trs" >>"$TWICE" || true
			;;
		SKIP)
			s=$((s + 1))
			printf 'skipped: %s: %s\n' "$(basename "$trs" .trs)" \
			    "$(sed -n 's/^\(skipped\|SKIP\): //p' \
			    "${trs%.trs}.log" | tail -n 1)"
			;;
		*)
			f=$((f + 1))
			printf -- '----- %s\n' "${trs%.trs}.log"
			tail -n 60 "${trs%.trs}.log"
			failure "$trs" "${trs%.trs}.log" >>"$FAULTS"
			;;
		esac
	done
	printf '%s %s %s\n' "$p" "$f" "$s" >"$COUNT"
	printf '%s passed, %s failed, %s skipped\n' "$p" "$f" "$s"
}
