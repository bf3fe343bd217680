#!/bin/bash
# SPDX-License-Identifier: ISC
# Holds the dependency rule: src/core includes core alone; app, worker and ctl
# include core and themselves; each header has its guard and compiles alone.
set -euo pipefail
cd "${srcdir:-.}"
faults=0

fault() {
	printf '%s\n' "$*"
	faults=$((faults + 1))
}

# included FILE: prints the names in quotes that it includes.
included() {
	sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$1"
}

# check DIR OTHER...: no file of DIR includes one that only OTHER has.
check() {
	local dir=$1 file name other
	shift
	for file in "$dir"/*.[ch] "$dir"/*.def; do
		[ -e "$file" ] || continue
		for name in $(included "$file"); do
			[ ! -e "$dir/$name" ] || continue
			[ "$dir" = src/core ] || [ ! -e "src/core/$name" ] ||
			    continue
			for other; do
				[ ! -e "$other/$name" ] ||
				    fault "$file includes $other/$name"
			done
			case $name in
			*/*) fault "$file includes \"$name\": no folders" ;;
			esac
		done
	done
}

check src/core src/app worker src/ctl
check src/app worker src/ctl
check worker src/app src/ctl
check src/ctl src/app worker

for file in src/*/*.[ch] src/*/*.def worker/*.[ch] tests/*.[ch]; do
	[ -e "$file" ] || continue
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: ISC' ||
	    fault "$file: no SPDX tag in the first line"
done
for file in src/*/*.h worker/*.h tests/*.h; do
	[ -e "$file" ] || continue
	guard=$(basename "$file" .h | tr 'a-z-' 'A-Z_')_H
	grep -q "^#ifndef $guard\$" "$file" || fault "$file: no guard $guard"
done

while read -r file; do
	fault "$file: uses a banned function (atoi, strtok, sprintf, ...)"
done < <(grep -lE '\b(atoi|strtok|sprintf|strcpy|strcat|gets)\(' \
    src/*/*.c worker/*.c 2>/dev/null)

exit $((faults > 0))
