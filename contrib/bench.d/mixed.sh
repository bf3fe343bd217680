# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The mixed load of bench: what a request costs in processor time, of which the
# noise of the machine takes nothing away.

MIXED_TASKS=1000 # that are read and changed

# ticks PID: processor time of a process, its descendants, and those that it has
# waited for, in clock ticks.
ticks() {
	local each sum
	sum=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null |
	    awk '{ print $12 + $13 + $14 + $15 }')
	for each in $(children_of "$1"); do
		sum=$((${sum:-0} + $(ticks "$each")))
	done
	printf '%d\n' "${sum:-0}"
}

# mixed_ticks: of the parts of the stack, in the order of MIXED_PARTS.
MIXED_PARTS=(lighttpd fcgi redis postgres worker)
mixed_ticks() {
	local part
	for part in "${MIXED_PARTS[@]}"; do
		ticks "$(pid_of "$part")"
	done | tr '\n' ' '
}

# mixed_lua: 75 % reads of a task, 15 % changes, 5 % lists, 5 % creations, in a
# fixed order, so that each run has the same.
mixed_lua() {
	printf 'local ids = {\n'
	psql -XAtq -d "$PG" -c "SELECT '\"' || id || '\",' FROM tasks
	    ORDER BY created_at DESC, id LIMIT $MIXED_TASKS"
	cat <<-'EOF'
		}
		wrk.headers["Content-Type"] = "application/json"
		local n, seed = 0, 1
		request = function()
			n = n + 1
			seed = (seed * 1103515245 + 12345) % 2147483648
			local kind = n % 20
			local path = "/tasks/" .. ids[1 + seed % #ids]
			if kind == 0 then
				return wrk.format("POST", "/tasks", nil,
				    '{"title": "Task ' .. n .. ' of the mixed load"}')
			elseif kind == 10 then
				return wrk.format("GET", "/tasks")
			elseif kind == 4 or kind == 8 or kind == 16 then
				return wrk.format("PATCH", path, nil,
				    '{"title": "Change ' .. n .. '"}')
			end
			return wrk.format("GET", path)
		end
	EOF
}

# mixed_run: one run; prints requests per second of processor time of
# errand.fcgi and of the whole stack, then the share of each part in percent.
mixed_run() {
	local before after requests
	before=$(mixed_ticks)
	wrk -t1 -c"$MIXED_CONNECTIONS" -d"$TIME" -s "$D/mixed.lua" \
	    "http://127.0.0.1:$PORT" >"$D/wrk.out"
	mixed_rest
	after=$(mixed_ticks)
	! grep -q 'Non-2xx' "$D/wrk.out" || die "not every answer was 2xx"
	requests=$(awk '/requests in/ { print $1 }' "$D/wrk.out")
	awk -v before="$before" -v after="$after" -v n="$requests" \
	    -v hz="$(getconf CLK_TCK)" 'BEGIN {
		parts = split(before, b)
		split(after, a)
		for (i = 1; i <= parts; i++)
			sum += a[i] - b[i]
		printf "%d %d", n * hz / (a[2] - b[2]), n * hz / sum
		for (i = 1; i <= parts; i++)
			printf " %.1f", (a[i] - b[i]) * 100 / sum
		print ""
	    }'
}

# mixed_rest: what the requests have caused is done as well, and counts.
mixed_rest() {
	retry 120 mixed_done || die "the pool does not come to an end"
}

mixed_done() {
	[ "$(psql -XAtq -d "$PG" -c "SELECT count(*) FROM jobs WHERE state
	    NOT IN ('succeeded', 'failed', 'cancelled')")" = 0 ]
}

# bench_mixed CONNECTIONS: prints the medians.
bench_mixed() {
	local i
	[[ 'mixed load' == *"$ONLY"* ]] || return 0
	MIXED_CONNECTIONS=$1
	{
		printf 'wrk.headers["Authorization"] = "Bearer %s"\n' "$TOKEN"
		mixed_lua
	} >"$D/mixed.lua"
	launch worker "$BUILD/errand-worker" -c "$D/errand.ini"
	mixed_run >/dev/null # with what has to be filled at first
	: >"$D/mixed"
	for ((i = 0; i < RUNS; i++)); do
		mixed_run >>"$D/mixed"
	done
	stop worker
	printf '%-28s %8d per second of processor time of errand.fcgi (goal 15000)\n' \
	    'mixed load' "$(cut -d' ' -f1 "$D/mixed" | median)"
	printf '%-28s %8d of the whole stack (goal 3600):' '' \
	    "$(cut -d' ' -f2 "$D/mixed" | median)"
	for i in "${!MIXED_PARTS[@]}"; do
		printf ' %s %s %%' "${MIXED_PARTS[i]}" \
		    "$(cut -d' ' -f$((i + 3)) "$D/mixed" | median)"
	done
	echo
}
