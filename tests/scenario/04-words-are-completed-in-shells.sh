#!/bin/bash
# SPDX-License-Identifier: ISC
# What bash and zsh, if it is there, offer behind errandctl is what errandctl
# takes: commands, actions, options, and values of some.
set -euo pipefail
top=$(cd "${srcdir:-.}" && pwd -P)
PATH=$(cd "${builddir:-.}" && pwd -P):$PATH
for name in $(compgen -v ERRAND_ || true); do
	unset "$name"
done
export XDG_STATE_HOME=/nonexistent
failed=0

# in_bash WORD...: prints what is offered for the last one.
in_bash() {
	bash -c '
		. "$1/etc/completion/errandctl.bash"
		complete -p errandctl >&2
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_errandctl 2>/dev/null
		printf "%s\n" "${COMPREPLY[@]}"' bash "$top" "$@" 2>/dev/null
}

# in_zsh WORD...: the same.  The builtin that matches words is replaced by one
# that does it here.
in_zsh() {
	zsh -f -c '
		compadd() {
			local name=${argv[-1]}
			print -rl -- ${(M)${(P)name}:#${words[CURRENT]}*}
		}
		_files() { print -r -- files }
		file=$1/etc/completion/_errandctl
		shift
		words=("$@") CURRENT=$#
		. $file' zsh "$top" "$@"
}

# expect WORDS WORD...: WORDS are among what each shell offers; with a ! before
# it, a word is not.
expect() {
	local want=$1 shell got each
	shift
	for shell in "${shells[@]}"; do
		got=" $("in_$shell" "$@" | sort | tr '\n' ' ')"
		for each in $want; do
			case $each in
			!*) [[ $got != *" ${each#!} "* ]] ;;
			*) [[ $got == *" $each "* ]] ;;
			esac && continue
			echo "FAIL: $shell, behind $*: $each, of:$got"
			failed=1
		done
	done
}

shells=(bash)
if command -v zsh >/dev/null; then
	shells+=(zsh)
else
	echo "zsh is not installed: only bash is tried"
fi

expect 'cache config health help jobs migrate setup tasks token top --version' \
    errandctl ''
expect 'tasks token top !jobs' errandctl t
expect 'tasks !jobs' errandctl -c errand.ini ta
expect 'list show add edit done delete export import watch login --json --url' errandctl tasks ''
expect 'done delete !list' errandctl tasks d
expect 'retry cancel purge !add' errandctl -c x jobs ''
expect '--status --sort --title --token-file --help !list' \
    errandctl tasks list -
expect 'pending in-progress completed' errandctl tasks list --status ''
expect 'in-progress !pending' errandctl tasks add x -s i
expect '-updated_at title' errandctl tasks list --sort ''
expect 'failed queued' errandctl jobs list --state ''
expect 'list done !--json' errandctl help tasks ''
expect 'tasks !--help' errandctl help ''
expect '!list !--json' errandctl frobnicate ''
# Every word of a command is one that it takes.
for command in $(errandctl help --words | grep -vE '^(-|help$)'); do
	for word in $(errandctl help --words "$command" | grep -v '^-'); do
		errandctl help "$command" "$word" >/dev/null || failed=1
	done
done
exit "$failed"
