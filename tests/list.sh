#!/bin/sh
# SPDX-License-Identifier: ISC
# Writes tests.am, which names all tests and what they share for automake: a
# test is registered by lying in its folder.  autoreconf runs this, and make
# when a folder has changed.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"

# list VARIABLE FILE...: the assignment; patterns without a match are left out.
list() {
	printf '%s =' "$1"
	shift
	for file; do
		[ -f "$file" ] || continue
		printf ' \\\n\t%%D%%/%s' "$file"
	done
	printf '\n'
}

# scripts FOLDER: prints the programs in it that are not built.
scripts() {
	for file in "$1"/*; do
		case $file in
		*.[cho] | *.def | *.log | *.trs | *.am | *~) continue ;;
		esac
		[ -f "$file" ] && read -r first <"$file" || continue
		case $first in
		'#!'*) printf '%s\n' "$file" ;;
		esac
	done 2>/dev/null
}

found() {
	printf '# SPDX-License-Identifier: ISC\n# Written by tests/list.sh.\n'
	list UNITS unit/check_*.c | sed 's/\.c\( \\\)*$/\1/'
	list SCENARIOS scenario/[0-9][0-9]*-*.sh
	# shellcheck disable=SC2046
	list TREE $(scripts tree)
	# shellcheck disable=SC2046
	list SHARED $( (scripts lib && ls lib/*.h lib/*.sh lib/*.py data/* data/planted/*) | sort -u)
}

text=$(found)
if [ ! -f tests.am ] || [ "$text" != "$(cat tests.am)" ]; then
	printf '%s\n' "$text" >"tests.am.$$"
	mv "tests.am.$$" tests.am
fi
