#!/bin/bash
# SPDX-License-Identifier: ISC
# What README.md, HACKING.md, DESIGN.md, SECURITY.md, SIZING.md and the README.md
# of each folder call by a path is there.  A path is a word between backquotes that
# has a slash or ends like a file of ours, or the address of a link.  It is looked
# for beside the page, at the top, and in the roots of the source; a word in
# capitals or angle brackets stands for any name.
set -euo pipefail
shopt -s nullglob

top=${1:-${srcdir:-$(dirname "$0")/../..}}
cd "$top"
roots=(. src src/core src/app worker tests)
faults=0 seen=0

# pages: each, a line.
pages() {
	printf '%s\n' README.md HACKING.md DESIGN.md SECURITY.md SIZING.md
	find src worker sql tests contrib etc -name README.md | sort
}

# words PAGE: those between backquotes, and the addresses of links.
words() {
	tr '\n' ' ' <"$1" | grep -oE '`[^`]+`' | tr -d '`' |
		sed 's/^\(contrib\/[a-z/-]*\) .*/\1/'
	grep -oE '\]\([^)#]+\)' "$1" | sed 's/^](\(.*\))$/\1/'
}

# is_path WORD: it means something in the tree.
is_path() {
	case $1 in
	*' '* | *'$'* | /* | *://* | *'{'* | -* | *:*) return 1 ;;
	# Made by builds and starts, MIME types, or no more than an ending.
	./demo | demo/* | build* | */json | *+json | config.h | *.run) return 1 ;;
	foo.c | .[a-z]*) return 1 ;;
	*.c | *.h | *.def | *.md | *.sh | *.sql | *.am | *.in | *.json | *.ini.5)
		return 0
		;;
	src/* | worker/* | sql/* | etc/* | tests/* | contrib/* | */*) return 0 ;;
	esac
	return 1
}

# there FOLDER PATH: PATH, as a pattern, is below one of the roots or FOLDER.
there() {
	local pattern root found
	pattern=$(sed -e 's/<[^>]*>/*/g' -e 's/NN/*/g' -e 's/\/$//' <<<"$2")
	for root in "$1" "${roots[@]}"; do
		# shellcheck disable=SC2206 # a pattern
		found=($root/$pattern*)
		[[ $pattern == *[*]* ]] || found=()
		if [ -e "$root/$pattern" ] || [ ${#found[@]} -gt 0 ]; then
			return 0
		fi
	done
	# A file may be called by its name alone, or by the end of its path.
	[ -n "$(find src worker sql etc tests contrib -path "*/$pattern" \
	    -print -quit)" ]
}

while read -r page; do
	while read -r word; do
		is_path "$word" || continue
		seen=$((seen + 1))
		there "$(dirname "$page")" "$word" || {
			echo "$page: there is no $word"
			faults=$((faults + 1))
		}
	done < <(words "$page")
done < <(pages)

if [ "$seen" -lt 100 ]; then
	echo "only $seen paths were found: the pages cannot be read"
	faults=$((faults + 1))
fi
[ "$faults" = 0 ]
