#!/bin/bash
# SPDX-License-Identifier: ISC
# Whatever moves a job's row goes through the table of its life: no statement
# sets a state by a word of its own.  A state comes from LIFE_TO or LIFE_NEW of
# life.h, or as a parameter out of life_next; outside src/core/jobs rows are
# only made, and not moved.
set -euo pipefail

cd "${1:-${srcdir:-$(dirname "$0")/../..}}"
faults=0

# flat FILE: its text in one line, strings joined as the compiler does.
flat() {
	tr '\n\t\134' '   ' <"$1" | sed -E 's/" +"//g; s/ +/ /g'
}

# assigned: of a flat text, what is assigned to a state, as far as it is told.
assigned() {
	grep -oE '(SET|,) ?state = .{0,60}' || true
}

# by_table: passes on what does not come from the table.
by_table() {
	grep -vE 'state = ("? ?(LIFE_TO|JOB_IN_TIME)\(|CASE WHEN [^T]*" [a-z]+ " ?THEN "? ?LIFE_TO\(|CASE WHEN [^'\'']{0,40}THEN "? ?LIFE_TO\(|\$[0-9]::job_state)' ||
	    true
}

# judge TEXT WANT: that text has so many faults.
judge() {
	local n
	n=$(printf '%s' "$1" | assigned | by_table | grep -c . || true)
	[ "$n" = "$2" ] || {
		echo "this test does not see what it should: $1"
		faults=1
	}
}
judge 'UPDATE jobs AS j SET state = '\''failed'\'', tag = NULL' 1
judge 'UPDATE jobs SET worker = $2, state = '\''queued'\'' WHERE' 1
judge 'SET state = CASE WHEN $4 > now() THEN '\''queued'\'' ELSE' 1
judge 'SET state = $2 WHERE' 1
judge 'SET state = " LIFE_TO(lost) " WHERE state = '\''published'\''' 0
judge 'SET state = $2::job_state, x = CASE WHEN state = '\''running'\'' THEN' 0

for file in src/core/jobs/*.def src/core/jobs/*.[ch]; do
	while read -r line; do
		echo "$file sets a state that is not from the table: $line"
		faults=1
	done < <(flat "$file" | assigned | by_table)
done

while IFS=: read -r file line text; do
	case $file in
	src/core/jobs/*) ;;
	src/core/pg/pg_write.c) ;; # takes back what it writes
	*)
		echo "$file:$line moves rows of jobs by itself: $text"
		faults=1
		;;
	esac
done < <(grep -rnE 'UPDATE jobs\b' --include='*.c' --include='*.h' \
    --include='*.def' src worker)

# What is made begins as the table says, by the column's default.
made=$(sed -nE 's/^#define LIFE_made\(ROW\) +ROW\(([a-z]+),.*/\1/p' \
    src/core/jobs/life.def)
grep -rqE "state job_state NOT NULL DEFAULT '$made'" sql/deploy || {
	echo "rows do not begin as $made by default"
	faults=1
}
exit "$faults"
