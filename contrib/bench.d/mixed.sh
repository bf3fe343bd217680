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
# fixed order, so that each run has the same.  Half of the changes name the tag
# that was seen last, as clients do that show what they change; somebody else may
# have been faster (412), and that is counted by itself.  Each request has its
# number as X-Request-ID, which the answer repeats: a version older than the one
# that was acknowledged before the request was sent is stale.
mixed_lua() {
	printf 'local ids = {\n'
	psql -XAtq -d "$PG" -c "SELECT '\"' || id || '\",' FROM tasks
	    ORDER BY created_at DESC, id LIMIT $MIXED_TASKS"
	cat <<-'EOF'
		}
		local n, run, tags, newest, sent = 0, os.time(), {}, {}, {}
		local threads = {}
		errors, stale, conflicts, checked, first = 0, 0, 0, 0, ""
		function setup(thread)
			table.insert(threads, thread)
		end
		function init()
			math.randomseed(1)
		end
		local function send(method, path, body, tag)
			local headers = {
				["Authorization"] = wrk.headers["Authorization"],
				["X-Request-ID"] = "mixed-" .. n,
				["If-Match"] = tag,
			}
			if body ~= nil then
				headers["Content-Type"] = "application/json"
			end
			return wrk.format(method, path, headers, body)
		end
		function request()
			n = n + 1
			local kind = n % 20
			if kind == 0 then
				return send("POST", "/tasks",
				    '{"title": "Task ' .. n .. ' of the mixed load"}')
			elseif kind == 10 then
				return send("GET", "/tasks")
			end
			local id, tag = ids[math.random(#ids)], nil
			sent["mixed-" .. n] = { id = id, floor = newest[id] or 0 }
			if kind ~= 4 and kind ~= 8 and kind ~= 16 then
				return send("GET", "/tasks/" .. id)
			end
			if math.random(2) == 1 then
				tag = tags[id]
				sent["mixed-" .. n].tag = tag
			end
			return send("PATCH", "/tasks/" .. id,
			    '{"title": "Change ' .. n .. " of " .. run .. '"}', tag)
		end
		local function fault(text)
			errors = errors + 1
			first = first == "" and text or first
		end
		function response(status, headers, body)
			local number = headers["X-Request-ID"] or ""
			local one = sent[number]
			sent[number] = nil
			if one ~= nil and status == 412 and one.tag ~= nil then
				conflicts = conflicts + 1
				tags[one.id] = nil
				return
			elseif number == "" or status < 200 or status > 299 then
				return fault(status .. " " .. body)
			elseif one == nil then
				return
			end
			local tag = headers["ETag"] or ""
			local version = tonumber(tag:match('^"(%d+)%-'))
			if version == nil then
				return fault("no version: " .. tag)
			end
			checked = checked + 1
			if version < one.floor then
				stale = stale + 1
			end
			if version > (newest[one.id] or 0) then
				newest[one.id], tags[one.id] = version, tag
			end
		end
		function done(summary)
			local e = summary.errors
			local lost = e.connect + e.read + e.write + e.timeout
			for _, t in ipairs(threads) do
				print("mixed", t:get("errors") + lost, t:get("stale"),
				    t:get("conflicts"), t:get("checked"), t:get("first"))
			end
		end
	EOF
}

# mixed_run: one run; prints requests per second of processor time of
# errand.fcgi and of the whole stack, the share of each part in percent, then
# how many changes came too late, and how many versions were looked at.
mixed_run() {
	local before after requests word errors stale late checked first
	before=$(mixed_ticks)
	wrk -t1 -c"$MIXED_CONNECTIONS" -d"$TIME" -s "$D/mixed.lua" \
	    "http://127.0.0.1:$PORT" >"$D/wrk.out"
	mixed_rest
	after=$(mixed_ticks)
	read -r word errors stale late checked first < <(
		grep ^mixed "$D/wrk.out") || die "wrk has no result: $word"
	[ "$errors" = 0 ] || die "the mixed load has $errors errors: $first"
	[ "$stale" = 0 ] || die "$stale of $checked answers were stale"
	[ "$checked" != 0 ] || die "no version was looked at"
	requests=$(awk '/requests in/ { print $1 }' "$D/wrk.out")
	awk -v before="$before" -v after="$after" -v n="$requests" \
	    -v rest="$late $checked" -v hz="$(getconf CLK_TCK)" 'BEGIN {
		parts = split(before, b)
		split(after, a)
		for (i = 1; i <= parts; i++)
			sum += a[i] - b[i]
		printf "%d %d", n * hz / (a[2] - b[2]), n * hz / sum
		for (i = 1; i <= parts; i++)
			printf " %.1f", (a[i] - b[i]) * 100 / sum
		print " " rest
	    }'
}

# mixed_rest: what the requests have caused is done as well, and counts.  Each
# look costs PostgreSQL the login of a session, so they are a second apart.
mixed_rest() {
	local end=$((SECONDS + 120))
	until mixed_done; do
		((SECONDS < end)) || die "the pool does not come to an end"
		sleep 1
	done
}

mixed_done() {
	[ "$(psql -XAtq -d "$PG" -c "SELECT NOT EXISTS (SELECT FROM jobs WHERE
	    state NOT IN ('succeeded', 'failed', 'cancelled')) AND NOT EXISTS
	    (SELECT FROM log_readers AS r, task_events AS e WHERE
	    r.name = 'statistics' AND (e.xid, e.id) > (r.xid, r.id))")" = t ]
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
	psql -Xq -d "$PG" -c 'TRUNCATE jobs' # of those who came before
	mail_start 0 || die "the mail sink does not start"
	ini_set "$D/errand.ini" mail url "smtp://127.0.0.1:$(mail_port)"
	ini_set "$D/errand.ini" mail templates "$TOP/etc/templates"
	launch worker "$BUILD/errand-worker" -c "$D/errand.ini"
	mixed_run >/dev/null # with what has to be filled at first
	: >"$D/mixed"
	for ((i = 0; i < RUNS; i++)); do
		mixed_run >>"$D/mixed"
	done
	[ -n "$(find "$D/mail" -name '*.eml' -print -quit)" ] ||
	    die "no mail was sent"
	stop worker mail
	printf '%-28s %8d per second of processor time of errand.fcgi (goal 15000)\n' \
	    'mixed load' "$(cut -d' ' -f1 "$D/mixed" | median)"
	printf '%-28s %8d of the whole stack (goal 3600):' '' \
	    "$(cut -d' ' -f2 "$D/mixed" | median)"
	for i in "${!MIXED_PARTS[@]}"; do
		printf ' %s %s %%' "${MIXED_PARTS[i]}" \
		    "$(cut -d' ' -f$((i + 3)) "$D/mixed" | median)"
	done
	echo
	awk '{ late += $(NF - 1); n += $NF } END {
	    printf "%-28s 0 errors, 0 of %d versions stale, %d changes too late\n",
		"", n, late }' "$D/mixed"
}
