#!/bin/bash
# SPDX-License-Identifier: ISC
# Who may do what is told by [rbac], by roles and by scopes; /me, the
# metadata of the resource, and health say how the service sees things.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up
new_task '{"title": "a"}'

# may WHO STATUS METHOD PATH
may() {
	as "$1"
	api "$3" "$4"
	[ "$STATUS" = "$2" ] || fail "$3 $4 by $1 is $STATUS instead of $2"
}

# role_of ARGUMENT...: what /me says of a token.
role_of() {
	TOKEN=$(token --role none "$@")
	api GET /me
	case $STATUS in
	200) json '.roles | join(",")' ;;
	*) say "$STATUS" ;;
	esac
}

step "/me"
api GET /me
expect_status 200
expect_header Cache-Control no-store
expect_json '.username == "alice" and .roles == ["user"] and
    .scopes == ["profile", "email"] and
    (.subject | length > 0) and (keys | length) == 4'
as admin
api GET /me
expect_json '.username == "root" and .roles == ["user", "admin"]'

step "roles come from the realm or from our client, and from nowhere else"
expect_same "none" "$(role_of)" 403
expect_same "client" "$(role_of --claim \
    'resource_access={"errand-api": {"roles": ["user"]}}')" user
expect_same "client admin" "$(role_of --claim \
    'resource_access={"errand-api": {"roles": ["admin"]}}')" user,admin
expect_same "both" "$(role_of --role user --claim \
    'resource_access={"errand-api": {"roles": ["admin"]}}')" user,admin
for claim in 'resource_access={"account": {"roles": ["admin"]}}' \
    'resource_access={"roles": ["admin"]}' 'realm_access={"roles": "admin"}' \
    'realm_access=["admin"]' 'realm_access={"roles": {"admin": 1}}' \
    'realm_access={"roles": ["Admin", "USER", ["user"], 1, null]}' \
    'roles=["admin"]' 'scope="admin user"' 'realm_access='; do
	expect_same "$claim" "$(role_of --claim "$claim")" 403
done
TOKEN=$(token --claim preferred_username=)
api GET /me
expect_json '.username == .subject'
TOKEN=$(token --user 'Ünal "Q" <q>')
api GET /me
expect_json '.username == "Ünal \"Q\" <q>"'

health_is() {
	api GET /health
	json_is --arg s "$1" '.status == $s'
}
step "metadata of the resource and health need no token"
as nobody
api GET /.well-known/oauth-protected-resource
expect_status 200
expect_json --arg iss "http://127.0.0.1:$PORT/realms/errand" '
    .resource == "errand-api" and .authorization_servers == [$iss] and
    .bearer_methods_supported == ["header"]'
begin worker
expect_soon 20 health_is pass
for path in /health /health/ready; do
	api GET "$path"
	expect_status 200
	expect_header Content-Type 'application/health\+json'
	expect_header Cache-Control no-store
	expect_json '.status == "pass" and .serviceId == "errand" and
	    (.version | length > 0) and (.checks | keys) == [
	    "broker:memory", "broker:responseTime", "keyset:fetchTime",
	    "log:lost", "postgresql:locale", "postgresql:responseTime",
	    "postgresql:rights", "postgresql:schema", "queue:dead",
	    "queue:oldestDue", "readers:lag", "redis:responseTime",
	    "relay:lastSuccess",
	    "worker:heartbeat"] and
	    (.checks | all(length == 1 and .[0].status == "pass" and
	    (.[0].time | endswith("Z")) and (.[0] | has("output") | not))) and
	    ([.checks[][0] | select(.observedUnit == "ms" and
	    .observedValue >= 0)] | length >= 5) and
	    (.checks["postgresql:schema"][0] | has("observedValue") | not)'
done
step "why it is so is not for strangers"
for path in /health /health/ready; do
	for address in 203.0.113.9 ''; do
		fcgi GET "$path" --param REMOTE_ADDR="$address"
		expect_status 200
		expect_json '.status == "pass" and .checks == {}'
	done
done
end worker
fcgi HEAD /health
expect_status 200
expect_empty_body
api GET /health/live
expect_json '.status == "pass" and .checks == {}'

step "by default a user does all but delete"
may user 403 DELETE "/tasks/$ID"
may user 200 GET "/tasks/$ID"
may user 200 GET /tasks?limit=1

step "the configuration may say otherwise, and name the roles"
end fcgi
set_ini rbac.delete_task=user rbac.list_tasks=admin rbac.get_me=admin \
    auth.user_role=reader auth.admin_role=chief auth.client=other \
    http.public_url=https://tasks.example
begin fcgi
as user
api GET "/tasks/$ID"
expect_problem 403
USER_TOKEN=$(token --role reader)
ADMIN_TOKEN=$(token --role none \
    --claim 'resource_access={"other": {"roles": ["chief"]}}')
may user 403 GET /me
may admin 200 GET /me
expect_json '.roles == ["user", "admin"]'
may user 403 GET /tasks
expect_header WWW-Authenticate "Bearer realm=\"errand\", \
error=\"insufficient_scope\", resource_metadata=\"[^\"]*\""
expect_json '.detail == "the role admin is needed"'
may admin 200 GET /tasks
may user 200 GET "/tasks/$ID"
as user
api DELETE "/tasks/$ID"
expect_status 204
as nobody
api GET /tasks
WHERE=https://tasks.example/.well-known/oauth-protected-resource
expect_header WWW-Authenticate "Bearer .*resource_metadata=\"$WHERE\""
api GET /.well-known/oauth-protected-resource
expect_json '.resource == "https://tasks.example" and
    (has("scopes_supported") | not)'

step "roles of any name, and scopes, with or without a role"
end fcgi
set_ini "rbac.get_me=user, scope:tasks.read, editor" \
    "rbac.list_tasks=user, scope:tasks.read" \
    "rbac.create_task=user + scope:tasks.write, scope:tasks.all" \
    "rbac.delete_task=admin, editor"
begin fcgi
# create STATUS [WOULD_DO]: creates a task; the scopes that the refusal names.
create() {
	fcgi POST /tasks --stdin '{"title": "b"}'
	expect_status "$1"
	[ "$1" = 403 ] || return 0
	expect_header WWW-Authenticate "Bearer realm=\"errand\", \
error=\"insufficient_scope\"${2:+, scope=\"$2\"}, resource_metadata=.*"
	expect_json '.detail == "the role user and the scope tasks.write, " +
	    "or the scope tasks.all is needed"'
}
TOKEN=$(token --role none --claim 'scope="openid tasks.read"')
api GET /me
expect_json '.roles == [] and .scopes == ["openid", "tasks.read"]'
api GET /tasks
expect_status 200
create 403 tasks.all
TOKEN=$(token --role reader --claim 'scope="tasks.read"')
create 403 tasks.write
TOKEN=$(token --role reader --claim 'scope="tasks.read tasks.write"')
create 201
TOKEN=$(token --role none --claim 'scope="tasks.all"')
create 201
api GET /tasks
expect_problem 403
expect_header WWW-Authenticate '.* scope="tasks\.read", .*'
TOKEN=$(token --role none --claim 'scope=["tasks.all"]')
create 403 tasks.all
TOKEN=$(token --role editor)
api GET /me
expect_json '.roles == ["editor"]'
api DELETE /tasks/019ab3c4-0000-7000-8000-000000000000
expect_status 404
as nobody
api GET /.well-known/oauth-protected-resource
expect_json '.scopes_supported ==
    ["tasks.write", "tasks.all", "tasks.read"]'
api GET /openapi.json
expect_json '.paths["/tasks"].post.security == [
    {"bearer": ["user", "scope:tasks.write"]},
    {"bearer": ["scope:tasks.all"]}] and
    .paths["/health"].get.security == []'

step "a token with many roles is good, and one that is too long is told so"
# many N: sets TOKEN to one with so many roles beside ours.
many() {
	TOKEN=$(token --role none --claim "realm_access={\"roles\": $(jq -nc \
	    "[range($1) | \"dept-\\(.)-contributor\"] + [\"reader\"]")}")
	fcgi GET /me
}
many 800
[ "${#TOKEN}" -gt 20000 ] || fail "the token has ${#TOKEN} bytes only"
expect_status 200
expect_json '.roles == ["user"]'
many 2000
expect_problem 401
expect_header WWW-Authenticate \
    '.* error_description="the token is longer than this service accepts".*'
