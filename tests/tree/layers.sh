#!/bin/bash
# SPDX-License-Identifier: ISC
# Holds the ranks: a folder includes only itself and the folders that stand
# before it in its line; each header has its guard.
set -euo pipefail
cd "${srcdir:-.}"
faults=0

fault() {
	printf '%s\n' "$*"
	faults=$((faults + 1))
}

# check ROOT BELOW FOLDER...: a folder includes itself, what stands before it in
# its line, and BELOW.
check() {
	local root=$1 seen=" $2 " folder file name
	shift 2
	for folder; do
		seen="$seen$folder "
		for file in "$root/$folder"/*.[ch] "$root/$folder"/*.def; do
			[ -e "$file" ] || continue
			for name in $(included "$file"); do
				[[ $seen == *" ${name%/*} "* ]] ||
				    [[ " $uncut " == *" $file:$name "* ]] ||
				    fault "$file includes $name"
			done
		done
	done
}

# included FILE: prints the names with a folder that it includes.
included() {
	sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\/[^"]*\)".*/\1/p' "$1"
}

# What is still to be cut.
uncut=''
uncut=${uncut//$'\n'/ }

core='base text conf log http pg redis oidc celery cache queue jobs health setup'
# shellcheck disable=SC2086
check src/core '' $core
check src/app "$core" wire auth list task answer api serve
check worker "$core" crew work mail kinds run relay control pool

mapfile -t sources < <(find src worker tests -name '*.[ch]' -o -name '*.def')
for file in "${sources[@]}"; do
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: ISC' ||
	    fault "$file: no SPDX tag in the first line"
done
for file in "${sources[@]}"; do
	[[ $file == *.h ]] || continue
	[ -e "$file" ] || continue
	guard=$(basename "$file" .h | tr 'a-z-' 'A-Z_')_H
	grep -q "^#ifndef $guard\$" "$file" || fault "$file: no guard $guard"
done

while read -r file; do
	fault "$file: uses a banned function (atoi, strtok, sprintf, ...)"
done < <(grep -lE '\b(atoi|strtok|sprintf|strcpy|strcat|gets)\(' \
    $(printf "%s\n" "${sources[@]}" | grep -v ^tests/) 2>/dev/null)

exit $((faults > 0))
