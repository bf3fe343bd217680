#!/bin/bash
# SPDX-License-Identifier: ISC
# People and programs with tokens of a real Keycloak get what their roles of
# the realm or of the client allow.
. "${srcdir:-.}/tests/lib.sh"
. "$TOP/tests/lib-keycloak.sh"
keycloak_stack_up

# may TOKEN READ DELETE: the statuses of reading and of deleting.
may() {
	TOKEN=$1
	api GET /tasks
	expect_same "reading" "$STATUS" "$2"
	api DELETE /tasks/019ab3c4-0000-7000-8000-000000000000
	expect_same "deleting" "$STATUS" "$3"
}

step "a role of the realm or of the client, a person or a program"
may "$(keycloak_token_of alice)" 200 403
may "$(keycloak_token_of bob)" 200 403
may "$(keycloak_token_of root)" 200 404
may "$(keycloak_token_of carol)" 200 404
may "$(keycloak_token_of dave)" 403 403
may "$(service_token)" 200 403
