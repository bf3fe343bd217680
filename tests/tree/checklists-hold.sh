#!/bin/bash
# SPDX-License-Identifier: ISC
# Each row of contrib/checklists has a criterion of its own and an answer that is
# met, unmet or n/a; what is met names a file that is there, or a command; the
# sums say how many there are of each.  The folders with passwords and keys that
# our programs make by themselves are those that git leaves alone.
set -euo pipefail

top=${1:-${srcdir:-$(dirname "$0")/../..}}
cd "$top"
faults=0

fault() {
	echo "$page: $*"
	faults=$((faults + 1))
}

# words TEXT: those between backquotes, without what follows the first blank.
words() {
	grep -oE '`[^`]+`' <<<"$1" | tr -d '`' | sed 's/ .*//' || true
}

# command WORD: it is none of our files.
command() {
	case $1 in
	git | make) return 0 ;;
	esac
	return 1
}

# row CRITERION ANSWER BY
row() {
	local word found=no
	[ -z "${seen[$1]:-}" ] || fault "$1 stands there twice"
	seen[$1]=yes
	case $2 in
	met | unmet | n/a) count[$2]=$((count[$2] + 1)) ;;
	*) fault "$1 is \"$2\", which is none of met, unmet, n/a" ;;
	esac
	[ -n "$3" ] || fault "$1 says no more than $2"
	while read -r word; do
		[ -n "$word" ] || continue
		# Not those of others.
		[[ $word = */* || $word = *.?? || $word = .* || $word = [A-Z]* ]] ||
		    command "$word" || continue
		found=yes
		command "$word" || [ -e "$word" ] ||
		    fault "$1: there is no $word"
	done < <(words "$3")
	[ "$2" != met ] || [ "$found" = yes ] ||
	    fault "$1 is met, by no file and no command"
}

for page in contrib/checklists/*.md; do
	declare -A seen=() count=([met]=0 [unmet]=0 [n/a]=0)
	while IFS='|' read -r _ criterion answer by _; do
		read -r criterion <<<"$criterion"
		read -r answer <<<"$answer"
		read -r by <<<"$by"
		case $criterion in
		criterion | ---) continue ;;
		esac
		row "$criterion" "$answer" "$by"
	done < <(grep '^|' "$page")
	sum="Sum: ${count[met]} met, ${count[unmet]} unmet, ${count[n/a]} n/a"
	sum+=" of ${#seen[@]}."
	[ "${#seen[@]}" -gt 60 ] || fault "only ${#seen[@]} rows were read"
	grep -qxF "$sum" "$page" || fault "it should say: $sum"
done

# Whoever runs this need not own the tree.
page=.gitignore
for folder in $(sed -n 's/^.*the folder (default: \(.*\))$/\1/p' \
    contrib/quickstart contrib/keycloak/run) contrib/container/secrets.d; do
	! builtin command -v git >/dev/null || [ ! -e .git ] ||
	    git -c safe.directory='*' check-ignore -q "$folder/" ||
	    fault "it lacks $folder"
done
[ "$faults" = 0 ]
