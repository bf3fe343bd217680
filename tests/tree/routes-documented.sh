#!/bin/sh
# SPDX-License-Identifier: ISC
# What openapi.json says is what routes.def has: the same routes in the same
# order, with the same role and body, and every answer that the router gives.
set -eu

srcdir=${srcdir:-$(dirname "$0")/../..}
routes=$srcdir/src/app/api/routes.def
conf=$srcdir/src/core/conf/conf.def
doc=$srcdir/src/app/api/openapi.json
faults=0

command -v jq >/dev/null || {
	echo "jq is missing (Debian package: jq)"
	exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# same WHAT: what was written to expected and to found is the same.
same() {
	if ! diff -u "$work/expected" "$work/found" >"$work/diff"; then
		echo "$1 (-: should be, +: is in openapi.json):"
		sed 1,2d "$work/diff"
		faults=1
	fi
}

# default_role KEY: what [rbac] KEY is if nobody sets it.
default_role() {
	sed -n "s/^CONF(rbac, $1, RULE, \"\([a-z]*\)\",.*/\1/p" "$conf"
}

# A line a route: method, path, setting, role, body, operationId.
rows() {
	sed -n 's/^ROUTE(\([A-Z]*\), "\([^"]*\)", \(.*\), [A-Z]*, \([A-Z]*\), [a-z_]*, \([A-Za-z]*\))$/\1 \2 \3 \4 \5/p' "$routes" |
	while read -r method path role body operation; do
		case $role in
		PUBLIC)
			echo "$method $path - public $body $operation"
			;;
		*)
			key=${role#RULE(}
			key=${key%)}
			echo "$method $path $key $(default_role "$key")" \
			    "$body $operation"
			;;
		esac
	done
}

rows >"$work/rows"
sed 's/ RPC / JSON /' "$work/rows" >"$work/expected"
if [ "$(wc -l <"$work/rows")" != "$(grep -c '^ROUTE(' "$routes")" ]; then
	echo "routes.def has rows that this test cannot read"
	faults=1
fi

# Which are about everybody's tasks.
sed -n 's/^ROUTE(\([A-Z]*\), "\([^"]*\)", .*, ALL, .*/\1 \2/p' "$routes" \
	>"$work/expected.all"
jq -r '.paths | to_entries[] | .key as $path | .value | to_entries[] |
	select(.value | type == "object" and .["x-errand-tasks"] == "all") |
	"\(.key | ascii_upcase) \($path)"' "$doc" >"$work/found.all"
diff -u "$work/expected.all" "$work/found.all" || {
	echo "x-errand-tasks is not at the rows with ALL"
	faults=1
}

cat >"$work/routes.jq" <<'JQ'
def body:
	. as $op
	| if has("requestBody") | not then "NONE"
	  else .requestBody
	  | if has("$ref")
	    then (.["$ref"][2:] / "/") as $path | $doc[0] | getpath($path)
	    else . end
	  | if .required | not then ["optional"] else [] end
	    + (.content | keys)
	  | if . == ["application/json"] then "JSON"
	    elif . == ["optional", "application/json"] then "MAYBE"
	    elif . == ["application/json", "application/merge-patch+json"]
	    then "PATCH"
	    else tostring end
	  end;
def role:
	if .security == [] then "public"
	elif (.security | length) == 1
	then .security[0].bearer // [] | join(",")
	else "unclear" end;
.paths | to_entries[] | .key as $path | .value | to_entries[]
| select(.key != "parameters")
| (.key | ascii_upcase) as $method | .value
| "\($method) \($path) \(.["x-errand-role"] // "-") \(role) \(body) \(
	.operationId)"
JQ
jq -r --slurpfile doc "$doc" -f "$work/routes.jq" "$doc" >"$work/found"
same "routes differ"

# router_answers METHOD ROLE BODY: what the router says before any handler does;
# of a POST the last two are about its key.
router_answers() {
	echo "400 413 414"
	[ "$2" = public ] || echo "401 403 503"
	case $3 in
	RPC) echo 415; return ;;
	NONE) ;;
	*) echo "415 422" ;;
	esac
	[ "$1" != POST ] || echo "409 422"
}

# documented METHOD PATH: the statuses that the document gives it.
documented() {
	jq -r --arg method "$1" --arg path "$2" '
	    .paths[$path][$method | ascii_downcase].responses // {} | keys[]
	    ' "$doc"
}

: >"$work/expected"
: >"$work/found"
while read -r method path _ role body _; do
	documented "$method" "$path" >"$work/statuses"
	for status in $(router_answers "$method" "$role" "$body"); do
		echo "$method $path $status" >>"$work/expected"
		! grep -qx "$status" "$work/statuses" ||
		    echo "$method $path $status" >>"$work/found"
	done
done <"$work/rows"
same "the router's own answers are missing"

# Each POST takes a key, and says so when it is answered again; a message has it
# in its arguments.
jq -r '.paths | to_entries[] | .value.post // empty
    | .operationId | select(. != "callMcp")' "$doc" >"$work/expected"
jq -r '.paths | to_entries[] | .value.post // empty
    | select(.parameters | index({"$ref":
      "#/components/parameters/IdempotencyKey"}))
    | select([.responses | to_entries[] | select(.key < "300") | .value.headers
      | has("Idempotency-Replayed")] | all)
    | .operationId' "$doc" >"$work/found"
same "operations without a key"

# What is referred to is there, and what is there is referred to.
jq -r '[.components | del(.securitySchemes) | to_entries[] | .key as $kind
    | .value | keys[] | "#/components/\($kind)/\(.)"] | unique[]' \
    "$doc" >"$work/expected"
jq -r '[.. | objects | .["$ref"]? // empty] | unique[]' "$doc" >"$work/found"
same "components and references differ"

# Bodies are strict: each object says that it has no other members, or that any
# will do.
: >"$work/expected"
jq -r '.components.schemas | to_entries[] | .key as $name
    | .value | .. | objects
    | select(.type == "object" and .additionalProperties == null)
    | "an object in \($name) has no \"additionalProperties\""' \
    "$doc" >"$work/found"
same "objects are not strict"

# What makers of clients cannot read: constants that are no plain values or
# have no type, and arrays of places.
jq -r 'paths(objects | (.const | type) == "array" or has("prefixItems")
    or (has("const") and (has("type") | not)))
    | map(tostring) | join("/")' "$doc" >"$work/found"
same "lists of constants or places"

# Some take the first of several schemas that fits loosely, or none if two do.
jq -r '.components.schemas.FaultsProblem.properties.errors.items | keys[]
    | select(. != "$ref")' "$doc" >"$work/found"
same "a fault is one of several schemas"

# A default makes a member of a body one that has to be there, for some.
jq -r '.components.schemas | paths(objects | has("default"))
    | map(tostring) | join("/")' "$doc" >"$work/found"
same "defaults in bodies"

# A type that says nothing of its own is not a string for all of them.
jq -r '.components.schemas.DateOrTime | keys[]
    | select(IN("anyOf", "oneOf"))' "$doc" >"$work/found"
same "DateOrTime is more than a string"

# Each kind of fault of a query is documented, and what tables of types have.
cat "$srcdir"/src/app/*/*.c | tr '\n' ' ' |
    grep -oE 'list_fault\([^;]*"[a-z_]+",' |
    sed 's/.*, *"\([a-z_]*\)",$/\1/' >"$work/faults"
cat "$srcdir"/src/app/*/*.c | grep -oE '"[a-z_]+_(type|parsing)"' |
    tr -d '"' | sort -u - "$work/faults" >"$work/expected"
jq -r '.components.schemas.Fault.properties.type.enum[]' \
    "$doc" | sort >"$work/types"
grep -Fx -f "$work/types" "$work/expected" >"$work/found" || :
same "kinds of faults"

sed -n 's/^AC_INIT(\[errand\], \[\([^]]*\)\].*/\1/p' \
    "$srcdir/configure.ac" >"$work/expected"
jq -r .info.version "$doc" >"$work/found"
same "versions differ"

exit "$faults"
