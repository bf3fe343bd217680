#!/bin/bash
# SPDX-License-Identifier: ISC
# Every route that is not public asks for a token, then for its role, before
# it looks at anything else.  The routes are those of the route table.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up
begin stream

json_type='Content-Type: application/json'
api POST /tasks -H "$json_type" -d '{"title": "one"}'
expect_status 201
id=$(json .id)
job=$(psql_q "SELECT id FROM jobs ORDER BY id LIMIT 1")
rows=$(sed -nE 's/^ROUTE\(([A-Z]+), "([^"]+)", RULE\(([a-z_]+)\).*/\1 \2 \3/p' \
    "$TOP/src/app/api/routes.def")
counts() {
	psql_q "SELECT (SELECT count(*) FROM tasks), (SELECT max(version) FROM tasks),
		(SELECT count(*) FROM task_events),
		(SELECT string_agg(state::text, ' ' ORDER BY id) FROM jobs)"
}
# filled PATTERN: prints it with an id in it that there is.
filled() {
	case $1 in
	/jobs/*) printf '%s\n' "${1/\{id\}/$job}" ;;
	*) printf '%s\n' "${1/\{id\}/$id}" ;;
	esac
}
before=$(counts)

# refused STATUS METHOD PATH: with a body that would do, and with one that
# would be refused by itself; by HEAD as well where GET is.
refused() {
	local status=$1 method=$2 path=$3
	local -a fine=(-H "$json_type" -d '{"title": "two"}') wrong=(-d '{'
	    -H 'Content-Type: text/plain' -H 'If-Match: nonsense')
	if [ "$method" = GET ]; then
		fine=() wrong=(-H 'If-None-Match: nonsense')
		api HEAD "$path"
		expect_status "$status"
	fi
	api "$method" "$path" "${fine[@]}"
	expect_status "$status"
	expect_header WWW-Authenticate 'Bearer .*'
	api "$method" "$path?sort=nonsense" "${wrong[@]}"
	expect_status "$status"
}

good=$USER_TOKEN
strange=$("$BUILD/errandctl" token --new-key "$D/strange.pem" &&
    "$BUILD/errandctl" -c "$D/errand.ini" token --key "$D/strange.pem" \
	--role admin)
n=0
while read -r method pattern _; do
	path=$(filled "$pattern")
	step "$method $pattern without a good token"
	as nobody
	refused 401 "$method" "$path"
	for TOKEN in "${good%?????}AAAAA" "$strange" \
	    "$(token --claim exp=1000 --claim iat=900)"; do
		refused 401 "$method" "$path"
	done
	n=$((n + 1))
done <<<"$rows"
expect_same "the routes" "$n" \
    "$(grep '^ROUTE(' "$TOP/src/app/api/routes.def" | grep -cv ', PUBLIC, ')"
as nobody
refused 401 GET /there-is-no-such-path
refused 401 LOCK "/tasks/$id"
expect_same "what is stored" "$(counts)" "$before"

step "every route can be the administrator's"
settings=()
while read -r method pattern key; do
	settings+=("rbac.$key=admin")
done <<<"$rows"
set_ini "${settings[@]}"
end fcgi stream
begin fcgi 2
begin stream
expect_soon 20 ready
as user
while read -r method pattern _; do
	refused 403 "$method" "$(filled "$pattern")"
	expect_header WWW-Authenticate '.*error="insufficient_scope".*'
done <<<"$rows"
expect_same "what is stored" "$(counts)" "$before"
as admin
api GET "/tasks/$id"
expect_status 200
