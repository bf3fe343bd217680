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
expect_header ETag '"2"'

# read_if TAGS STATUS
read_if() {
	api GET "$T" -H "If-None-Match: $1"
	[ "$STATUS" = "$2" ] || fail "with $1 it is $STATUS instead of $2"
	expect_header ETag '"2"'
	expect_header X-Cache 'hit|miss'
	expect_header Cache-Control 'private, no-cache'
}

step "a read with If-None-Match"
for tags in '"2"' '*' ' * ' 'W/"2"' '"1", "2"' '"1","2","3"' '"a,b", W/"2"' \
    ',, "2" ,' '"2-gzip"' 'W/"2-gzip"' '"2-br"' '"2-deflate"' '"2-zstd"'; do
	read_if "$tags" 304
	expect_empty_body
done
for tags in '"1"' '2' '"22"' '"-gzip"' '"2-gzip-gzipx"' '"2' '"1", 2' '"02"' \
    '"2-foo"' '"2 "' "'2'"; do
	read_if "$tags" 200
	expect_json '.title == "b"'
done
api HEAD "$T" -H 'If-None-Match: "2"'
expect_status 304

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
	done
	api GET "$path" -H 'If-None-Match: "2"'
	expect_status 200
done
send POST /tasks '{"title": "c"}'
api GET "/tasks?limit=5" -H "If-None-Match: $TAG"
expect_status 200

step "a write with an If-Match that does not fit changes nothing"
as admin
for tags in '"1"' '"3"' 'W/"2"' '"1", "3"' '""' '"x"' '"02"' '"-2"' '"2.0"' \
    '"99999999999999999999"' '"2-foo"'; do
	for method in PUT PATCH DELETE; do
		api "$method" "$T" --json '{"title": "no"}' -H "If-Match: $tags"
		[ "$STATUS" = 412 ] ||
		    fail "$method with $tags is $STATUS instead of 412"
		expect_header ETag '"2"'
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
expect_header ETag '"2"'
expect_json '.title == "b"'

step "one that fits lets it through"
version=2
for tags in '"%s"' '"1", "%s"' '*' '"%s-gzip"' '"%s-br", "77"' '"x", "%s"'; do
	# shellcheck disable=SC2059
	tags=$(printf "$tags" "$version")
	send PATCH "$T" "{\"title\": \"v$version\"}" -H "If-Match: $tags"
	[ "$STATUS" = 200 ] || fail "with $tags it is $STATUS instead of 200"
	version=$((version + 1))
	expect_header ETag "\"$version\""
done
send PUT "$T" '{"title": "put"}' -H "If-Match: \"$version\""
expect_status 200
api DELETE "$T" -H "If-Match: \"$version\""
expect_status 412
api DELETE "$T" -H "If-Match: \"$((version + 1))-gzip\""
expect_status 204
