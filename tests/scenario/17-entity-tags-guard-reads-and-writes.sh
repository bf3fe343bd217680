#!/bin/bash
# SPDX-License-Identifier: ISC
# If-None-Match spares reading again what is known, If-Match keeps one from
# writing over what one has not seen; lists, weak tags, stars, and tags that a
# web server's compression has changed.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up
new_task '{"title": "a"}'
T=/tasks/$ID
send PATCH "$T" '{"title": "b"}'
expect_header ETag '"2-[0-9a-f]{16}"'
TAG=$(header ETag) V=$(header ETag | tr -d '"')
TIME=${V#2-} # of the last change, as PostgreSQL has it

# read_if TAGS STATUS
read_if() {
	api GET "$T" -H "If-None-Match: $1"
	[ "$STATUS" = "$2" ] || fail "with $1 it is $STATUS instead of $2"
	expect_header ETag "$TAG"
	expect_header X-Cache 'hit|miss'
	expect_header Cache-Control 'private, no-cache'
}

step "a read with If-None-Match"
for tags in "\"$V\"" '*' ' * ' "W/\"$V\"" "\"1\", \"$V\"" \
    "\"1\",\"$V\",\"3\"" "\"a,b\", W/\"$V\"" ",, \"$V\" ," "\"$V-gzip\"" \
    "W/\"$V-gzip\"" "\"$V-br\"" "\"$V-deflate\"" "\"$V-zstd\"" "\"$V;gzip\""; do
	read_if "$tags" 304
	expect_empty_body
done
# a version alone may be that of a text that is gone
for tags in '"1"' '"2"' "$V" "\"2$V\"" '"-gzip"' "\"$V-gzip-gzipx\"" "\"$V" \
    "\"1\", $V" "\"0$V\"" "\"$V-foo\"" "\"$V \"" "'$V'" "\"2-${TIME//[0-9]/0}\""; do
	read_if "$tags" 200
	expect_json '.title == "b"'
done
api HEAD "$T" -H "If-None-Match: $TAG"
expect_status 304

step "a read with If-Match"
for tags in "$TAG" "W/$TAG" "\"$V-gzip\"" '*' '"2"' "\"1\", $TAG"; do
	api GET "$T" -H "If-Match: $tags"
	[ "$STATUS" = 200 ] || fail "with $tags it is $STATUS instead of 200"
done
for tags in '"1"' '""' "\"3-$TIME\"" "\"2-${TIME//[0-9]/0}\""; do
	api GET "$T" -H "If-Match: $tags" -H "If-None-Match: $TAG"
	expect_problem 412
	expect_header ETag "$TAG"
done
api GET "$T" -H "If-Match: $V"
expect_problem 400
OWN=$TAG

step "the same of lists and histories"
for path in "/tasks?limit=5" "$T/events"; do
	api GET "$path"
	expect_status 200
	TAG=$(header ETag)
	for tags in "$TAG" "W/$TAG" "${TAG%\"}-gzip\"" "\"x\", $TAG"; do
		api GET "$path" -H "If-None-Match: $tags"
		expect_status 304
		expect_header ETag "$TAG"
		expect_empty_body
		api GET "$path" -H "If-Match: $tags"
		expect_status 200
	done
	api GET "$path" -H 'If-None-Match: "2"'
	expect_status 200
	api GET "$path" -H 'If-Match: "2"'
	expect_problem 412
done
send POST /tasks '{"title": "c"}'
api GET "/tasks?limit=5" -H "If-None-Match: $TAG"
expect_status 200

step "a write with an If-Match that does not fit changes nothing"
as admin
for tags in '"1"' '"3"' 'W/"3"' "\"3-$TIME\"" "\"2-${TIME//[0-9]/0}\"" '"1", "3"' '""' '"x"' '"02"' '"-2"' '"2.0"' \
    '"99999999999999999999"' '"2-foo"'; do
	for method in PUT PATCH DELETE; do
		api "$method" "$T" --json '{"title": "no"}' -H "If-Match: $tags"
		[ "$STATUS" = 412 ] ||
		    fail "$method with $tags is $STATUS instead of 412"
		expect_header ETag "$OWN"
	done
done
expect_problem 412
for method in PUT PATCH DELETE; do
	for tags in 2 '"2' "'2'" '"2" "3"' '*, "2"' '"2", *' x; do
		api "$method" "$T" --json '{"title": "no"}' -H "If-Match: $tags"
		[ "$STATUS" = 400 ] ||
		    fail "$method with $tags is $STATUS instead of 400"
	done
	api "$method" "$T" --json '{"title": "no"}' -H 'If-None-Match: *'
	expect_problem 412
	api "$method" "/tasks/${ID/[0-9a-f]/f}" --json '{"title": "no"}' \
	    -H 'If-Match: "2"'
	expect_problem 404
done
api GET "$T"
expect_header ETag "$OWN"
expect_json '.title == "b"'

step "one that fits lets it through"
version=2
for tags in '%s' '"1", %s' '*' 'W/%s' '"x", %s' '"%v"' '"%v-gzip"' 'W/"%v-br"'; do
	tags=${tags//%s/$OWN} tags=${tags//%v/$version}
	send PATCH "$T" "{\"title\": \"v$version\"}" -H "If-Match: $tags"
	[ "$STATUS" = 200 ] || fail "with $tags it is $STATUS instead of 200"
	version=$((version + 1))
	expect_header ETag "\"$version-[0-9a-f]{16}\""
	OWN=$(header ETag)
	api GET "$T"
	expect_header ETag "$OWN"
done

step "a history that replaces another has no tag of it"
psql_q "ALTER TABLE tasks DISABLE TRIGGER task_stamp;
    UPDATE tasks SET title = 'restored', updated_at = updated_at -
	interval '1 microsecond' WHERE id = '$ID';
    ALTER TABLE tasks ENABLE TRIGGER task_stamp"
redis_q FLUSHALL >/dev/null
api GET "$T" -H "If-None-Match: $OWN"
expect_status 200
expect_json '.title == "restored"'
send PATCH "$T" '{"title": "no"}' -H "If-Match: $OWN"
expect_problem 412
send PUT "$T" '{"title": "put"}' -H "If-Match: \"$version\""
expect_status 200
api DELETE "$T" -H "If-Match: \"$version\""
expect_status 412
api DELETE "$T" -H "If-Match: \"$((version + 1))-gzip\""
expect_status 204
