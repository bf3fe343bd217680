# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios about Graylog; comes after lib.sh.

GRAYLOG=$D/graylog.json # what has arrived since the server was started last
GRAYLOG_PORT=''

graylog_up() {
	[ -s "$GRAYLOG" ]
}

# graylog KIND [ARGUMENT...]: starts tests/lib/graylog.py with an input of that
# kind (udp, tcp, http), on the port it had before if it had one.  What had
# arrived until then is kept in graylog.all.
graylog() {
	local kind=$1
	shift
	[ ! -e "$GRAYLOG" ] || cat "$GRAYLOG" >>"$D/graylog.all"
	rm -f "$GRAYLOG"
	launch graylog "$TOP/tests/lib/graylog.py" "$GRAYLOG" \
	    "--$kind" "${GRAYLOG_PORT:-0}" "$@"
	await graylog 20 graylog_up || fail "the GELF server did not start"
	GRAYLOG_PORT=$(sed -n '1s/.*: \([0-9]*\)}}$/\1/p' "$GRAYLOG")
}

# arrived: all that has, one object a line.
arrived() {
	cat "$D/graylog.all" "$GRAYLOG" 2>/dev/null || true
}

# stored FILTER [JQ-ARGUMENT...]: a message is there of which that is true.
stored() {
	local filter=$1
	shift
	arrived | jq -e -n "$@" "[inputs | .stored // empty | select($filter)]
	    | length > 0" >/dev/null
}

# nothing_refused: no message and no field was lost.
nothing_refused() {
	! arrived | grep -E '^\{"(lost|dropped)"' >&2
}

# gelf_peers: prints where contrib/gelf-peers, run by root or us, has put foreign
# senders and a reader.
gelf_peers() {
	local uid dir
	for uid in "$(id -u)" 0; do
		dir=/var/tmp/errand-gelf-$uid
		if [ "$(stat -c %u "$dir" "$dir/complete" 2>/dev/null |
		    sort -u)" = "$uid" ]; then
			printf '%s' "$dir"
			return 0
		fi
	done
	return 1
}
