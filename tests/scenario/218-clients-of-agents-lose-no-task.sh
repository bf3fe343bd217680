#!/bin/bash
# SPDX-License-Identifier: ISC
# The clients of agents that are published for Python and TypeScript use the
# tools by each version that they speak; what they create is made once, though
# they lose the answer and ask again.  The conformance suite of the protocol finds
# nothing.
. "${srcdir:-.}/tests/lib/lib.sh"
for uid in "$(id -u)" 0; do
	AGENTS=/var/tmp/errand-mcp-$uid
	[ "$(stat -c %u "$AGENTS/complete" 2>/dev/null)" != "$uid" ] || break
	AGENTS=''
done
[ -n "$AGENTS" ] ||
    skip "the clients are not here: contrib/mcp-clients gets them"
MODULES=$AGENTS/node_modules
NODE=$MODULES/node/bin/node
stack_servers
AGENT=$(token --role user --user agent)
launch front "$TOP/tests/lib/lose-answers.py" "$PORT" "$AGENT"
front_port() {
	sed -n 's/^port //p' "$D/log/front.log" | grep .
}
await front 20 front_port >/dev/null || fail "there is no front"
FRONT=$(front_port)
stack_go "http.cors_origins=http://localhost:$FRONT"
TOKEN=$AGENT

# agent VERSION TITLE COMMAND...: it makes one task, at the second try.
agent() {
	local version=$1 title=$2
	shift 2
	step "$title"
	"$@" "$title" >"$D/agent" 2>"$D/log/agent.log" ||
	    fail "$title: $(tail -n 5 "$D/log/agent.log")"
	cp "$D/agent" "$BODY"
	expect_json --arg v "$version" '.version == $v and .tries == 1 and
	    .task.status == 201 and .task.idempotency_replayed == "true"'
	expect_same "tasks" "$(psql_q "SELECT count(*) FROM tasks
	    WHERE title = '$title'")" 1
}

URL=http://localhost:$FRONT/mcp
PYTHON=("$AGENTS/bin/python3" -B "$TOP/tests/lib/mcp-agent.py" "$URL")
agent 2026-07-28 "Python, by itself" "${PYTHON[@]}" auto
agent 2025-11-25 "Python, with a handshake" "${PYTHON[@]}" legacy
if [ ! -x "$NODE" ]; then
	say "without those of npm, which contrib/mcp-clients gets if there is npm"
	exit 0
fi
NPM=("$NODE" "$TOP/tests/lib/mcp-agent.mjs" "$AGENTS")
agent 2026-07-28 "TypeScript, by itself" "${NPM[@]}" client "$URL" auto
agent 2025-11-25 "TypeScript, with a handshake" "${NPM[@]}" client "$URL" legacy
agent 2025-11-25 "TypeScript, the client before" "${NPM[@]}" sdk "$URL" legacy

# suite VERSION SCENARIO...: of the suite.  What it cannot try without the tools of
# an example, or with what we do not say that we have, is no fault.
suite() {
	local version=$1 each
	shift
	step "the suite: $version"
	for each; do
		rm -rf "$D/results"
		"$NODE" "$MODULES/@modelcontextprotocol/conformance/dist/index.js" \
		    server --url "$URL" --spec-version "$version" \
		    --scenario "$each" -o "$D/results" >"$D/suite" 2>&1 || :
		cat "$D"/results/*/checks.json >"$BODY" ||
		    fail "$each: $(tail -n 5 "$D/suite")"
		expect_json 'any(.status == "SUCCESS")'
		expect_json 'all(.status != "FAILURE" or
		    (.errorMessage | test("^(Not testable:|" +
		    "(prompts|resources)/.* error -32601)")))'
	done
}
suite 2026-07-28 server-stateless tools-list caching http-header-validation \
    dns-rebinding-protection
suite 2025-11-25 server-initialize ping tools-list
