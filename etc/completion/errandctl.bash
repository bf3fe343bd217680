# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What may come next behind errandctl, for bash.  The words are asked of
# errandctl itself, and the ids of tasks of the service, if it is known.

# _errandctl_ids: prints those of tasks that were made last.
_errandctl_ids() {
	errandctl tasks list --limit 100 --timeout 2 2>/dev/null |
	    sed -n 's/^\([0-9a-f]\{8\}-[0-9a-f-]*\) .*/\1/p'
}

_errandctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command='' action='' words='' word before='' i
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $before:$word in
		-c:* | --config:*) ;;
		*:-*) ;;
		*)
			if [ -z "$command" ]; then
				command=$word
			elif [ -z "$action" ]; then
				action=$word
			fi
			;;
		esac
		before=$word
	done
	case $command:$prev in
	*:-c | *:--config | *:--*-file | *:--key | *:--new-key | *:--output)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*:--sql)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	tasks:-s | tasks:--status) words='pending in-progress completed' ;;
	tasks:--sort)
		words='created_at updated_at title status
		    -created_at -updated_at -title -status'
		;;
	jobs:-s | jobs:--state)
		words='queued published running retrying succeeded failed
		    cancelled'
		;;
	token:--algorithm) words='RS256 PS256 ES256 ES384 EdDSA' ;;
	help:*)
		words=$(errandctl help --words ${action:+"$action"} 2>/dev/null |
		    grep -v '^-')
		;;
	:*) words=$(errandctl help --words 2>/dev/null) ;;
	*)
		words=$(errandctl help --words "$command" 2>/dev/null)
		if [ -n "$action" ] && [[ $cur != -* ]]; then
			words=''
			case $command:$action in
			tasks:show | tasks:edit | tasks:done | tasks:delete)
				words=$(_errandctl_ids)
				;;
			tasks:import)
				compopt -o filenames 2>/dev/null
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
				return
				;;
			esac
		elif [ -n "$action" ]; then
			words=$(grep '^-' <<<"$words")
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _errandctl errandctl
