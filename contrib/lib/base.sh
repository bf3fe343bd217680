# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Helpers of the shell programs and tests: messages, waiting, small questions.
#
# ME is the name that messages begin with.

say() {
	printf '%s\n' "$*" 2>/dev/null || true
}

warn() {
	TOLD=yes
	printf '%s: %s\n' "$ME" "$*" >&2
}

die() {
	warn "$*"
	exit 1
}

# retry SECONDS COMMAND...: runs the command until it succeeds; 1 if it never
# does within that time.  Where a machine has more to do, PATIENCE says how many
# times as long all waits may take.  Asking is work as well, mostly a process and
# a connection: what lets us wait is asked less often.
retry() {
	local end=$((SECONDS + $1 * ${PATIENCE:-1} + 1)) tries=0
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		((++tries < 10)) && sleep 0.05 && continue
		((tries < 20)) && sleep 0.1 || sleep 0.25
	done
}

# not COMMAND...: what "!" means, where only a command can stand.
not() {
	! "$@"
}

# What comes from the caller's shell must not reach what we start: settings
# of Errand, of libpq, of sqitch.  What scripts are told by is kept.
forget_environment() {
	local name
	for name in $(compgen -e); do
		case $name in
		ERRAND_BUILD | ERRAND_SERVER | ERRAND_TESTS | ERRAND_TESTS_PATIENCE) ;;
		ERRAND_REDIS_SERVER) export -n ERRAND_REDIS_SERVER ;;
		ERRAND_* | OTEL_* | PG* | SQITCH_*) unset "$name" ;;
		esac
	done
}

# port_taken PORT: somebody listens there on the loopback address.
port_taken() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# new_secret: 32 hexadecimal digits that nobody can guess.
new_secret() {
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# free_mib DIR: room in its file system that we may use, in MiB.
free_mib() {
	df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'
}

# quoted WORD: the word as a shell reads it back.
quoted() {
	if [[ $1 =~ ^[A-Za-z0-9_./:@%+,-]+$ ]]; then
		printf '%s' "$1"
	else
		printf "'%s'" "${1//\'/\'\\\'\'}"
	fi
}

# ini_set FILE SECTION KEY VALUE: sets one key and leaves the rest of the
# file as it is; the file is replaced as a whole or not at all.
ini_set() {
	local file=$1
	[ -e "$file" ] || : >"$file" || return 1
	section=$2 key=$3 value=$4 awk '
		BEGIN {
			s = ENVIRON["section"]; k = ENVIRON["key"]
			value = ENVIRON["value"]
			# No line may have more than 197 bytes.
			if (length(value) > 150) gsub(/ /, "\n\t", value)
			line = k " = " value
		}
		ours && /^[ \t]+[^ \t#;[]/ { next }
		{ ours = 0 }
		/^[ \t]*\[/ {
			if (here && !done) { print line; done = 1 }
			here = ($0 ~ "^[ \t]*\\[" s "\\]")
		}
		here && $0 ~ "^[ \t]*" k "[ \t]*[=:]" {
			if (!done) print line
			done = ours = 1
			next
		}
		{ print }
		END {
			if (done) exit
			if (!here) print "[" s "]"
			print line
		}' "$file" >"$file.new" && mv "$file.new" "$file"
}
