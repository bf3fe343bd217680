# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Starts processes that outlive us and ends exactly those again.
#
# Each process has a name.  D is the folder they belong to: D/proc/NAME holds
# its process id, start time, boot and folder, D/log/NAME.log what it prints.
# It is ours only if all four are right, so that a number that the kernel gave
# to somebody else meanwhile, or the record in a copy of the folder, never
# leads to a signal.  RUN is the folder of the sockets.

BOOT=$(cat /proc/sys/kernel/random/boot_id)

# stat_of PID: the fields of /proc/PID/stat from the state on, in ST.
stat_of() {
	local line
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -ra ST <<<"${line##*) }"
}

# launch NAME COMMAND...: starts it in a session of its own, with nothing of
# ours open and none of our environment but what is named here.
launch() {
	local name=$1 fd var
	local -a vars=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	    "HOME=${HOME:-/}" "LC_ALL=C.UTF-8")
	shift
	# Another server may stand for Redis.
	[ "$1" != redis-server ] ||
	    set -- "${ERRAND_REDIS_SERVER:-redis-server}" "${@:2}"
	for var in TZ ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do
		[ -z "${!var:-}" ] || vars+=("$var=${!var}")
	done
	mkdir -p "$D/proc" "$D/log" && rm -f "$D/proc/$name" || return 1
	(
		trap - INT TERM HUP EXIT
		exec </dev/null >>"$D/log/$name.log" 2>&1 || exit 1
		for fd in "/proc/$BASHPID/fd"/*; do
			fd=${fd##*/}
			((fd < 3 || fd == 255)) || eval "exec $fd>&-"
		done
		cd / && stat_of "$BASHPID" || exit 1
		printf '%s %s %s %s\n' "$BASHPID" "${ST[19]}" "$BOOT" "$D" \
		    >"$D/proc/$name" || exit 1
		exec setsid env -i --default-signal "${vars[@]}" "$@"
	) &
	disown
}

# record_of NAME: reads its record of this boot into R_PID and R_START.
record_of() {
	local boot folder
	{ read -r R_PID R_START boot folder <"$D/proc/$1"; } 2>/dev/null &&
	    [ "$boot" = "$BOOT" ] && [ "$folder" = "$D" ]
}

# pid_of NAME: prints the recorded process id.
pid_of() {
	record_of "$1" && printf '%s' "$R_PID"
}

# alive NAME: the recorded process still runs.
alive() {
	record_of "$1" && stat_of "$R_PID" && [ "${ST[19]}" = "$R_START" ] && [[ ${ST[0]} != [ZX] ]]
}

# ours PID: its command line names our folder or the folder of our sockets.
ours() {
	local line
	line=$({ tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null) || return 1
	[[ $line == *"$D/"* || (-n $RUN && $line == *"$RUN/"*) ]]
}

# members NAME: prints the process ids of its whole session.  They may live
# on without their leader.
members() {
	local stat each led=no
	record_of "$1" || return 0
	if stat_of "$R_PID"; then
		[ "${ST[19]}" = "$R_START" ] || return 0
		led=yes
	fi
	for stat in /proc/[0-9]*/stat; do
		each=${stat#/proc/} each=${each%/stat}
		stat_of "$each" || continue
		[[ ${ST[3]} = "$R_PID" && ${ST[0]} != [ZX] ]] || continue
		if [ "$led" = yes ] || ours "$each"; then
			printf '%s\n' "$each"
		fi
	done
}

# children_of PID: prints its children that still run.
children_of() {
	local stat each
	for stat in /proc/[0-9]*/stat; do
		each=${stat#/proc/} each=${each%/stat}
		stat_of "$each" || continue
		if [ "${ST[1]}" = "$1" ] && [[ ${ST[0]} != [ZX] ]]; then
			printf '%s\n' "$each"
		fi
	done
}

# tell NAME SIGNAL: signals the process if it still runs.
tell() {
	! alive "$1" || kill -s "$2" "$R_PID" 2>/dev/null || true
}

gone() {
	[ -z "$(members "$1")" ]
}

# finish NAME SECONDS: waits for the end of it and of what it started, then
# kills what is left, and forgets it.
finish() {
	local pid
	if ! retry "$2" gone "$1"; then
		for pid in $(members "$1"); do
			kill -s KILL "$pid" 2>/dev/null || true
		done
		retry 10 gone "$1" || return 1
	fi
	rm -f "$D/proc/$1"
}

# await NAME SECONDS COMMAND...: retry, but gives up at once when NAME ends.
await() {
	local name=$1 end=$((SECONDS + $2 * ${PATIENCE:-1} + 1))
	shift 2
	retry 5 test -s "$D/proc/$name" || return 1
	until "$@" >/dev/null 2>&1; do
		alive "$name" && ((SECONDS < end)) || return 1
		sleep 0.05
	done
	alive "$name"
}
