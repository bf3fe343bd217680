#!/bin/bash
# SPDX-License-Identifier: ISC
# What is no JSON by RFC 8259 is answered 400 with its place; lengths count
# code points; a title of white space is none, whatever the white space is.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up

# malformed BYTES [WORDS]: printf makes the body out of BYTES.
malformed() {
	# shellcheck disable=SC2059
	printf "$1" >"$D/sent"
	api POST /tasks -H 'Content-Type: application/json' \
	    --data-binary "@$D/sent"
	[ "$STATUS" = 400 ] || fail "$1 is answered $STATUS: $(cat "$BODY")"
	expect_json --arg words "${2:-.}" \
	    '.detail | test("line [0-9]+, column [0-9]+") and test($words)'
}

step "what is malformed"
malformed '' empty
malformed ' \n' empty
malformed '{' 'ends too early'
malformed '{"title": "a"' 'ends too early'
malformed '{"title": "a'
malformed '{"title": "a"} x' 'column 16: something follows'
malformed '{"title": "a"}{}' 'something follows'
malformed '{"title": "a"}\000' 'something follows'
malformed '{"title": "a"}\n\n//' 'line 3, column 1'
malformed '{"title": "a",}'
malformed '{"title": "a" "x": 1}'
malformed '{title: "a"}'
malformed "{'title': 'a'}"
malformed '{"title": "a", "title": "b"}' 'duplicate'
malformed '{"title": "a", "\\u0074itle": "b"}' 'duplicate'
malformed '{"title": "a", "x": {"y": 1, "y": 2}}' 'duplicate'
malformed '{"title\\u0000": "a"}' 'U[+]0000'
malformed '{"title": NaN}'
malformed '{"title": -Infinity}'
malformed '{"title": True}'
malformed '{"title": 01}'
malformed '{"title": 1.}'
malformed '{"title": .5}'
malformed '{"title": 1e}'
malformed '{"title": 0x1}'
malformed '{"title": 1e999}'
malformed '\357\273\277{"title": "a"}' 'byte-order'
malformed '\376\377\000{\000}'
malformed '{"title": "a\nb"}' 'control'
malformed '{"title": "a\000b"}' 'control'
malformed '{"title": "\\x"}'
malformed '{"title": "\\u12g4"}'
malformed '{"title": "\\ud800"}' 'surrogate'
malformed '{"title": "\\udc00\\ud800"}' 'surrogate'
malformed '{"title": "\377"}' 'UTF-8'
malformed '{"title": "\300\257"}' 'UTF-8'
malformed '{"title": "\355\240\200"}' 'UTF-8'
malformed '{"title": "\364\220\200\200"}' 'UTF-8'
malformed '{"title": "\360\237\214"}' 'UTF-8'
malformed '{"\377": "a"}' 'UTF-8'
malformed '\302\240{"title": "a"}'

step "depth"
deep=$(printf '[%.0s' {1..20000})
malformed "$deep" 'deep'
malformed "{\"title\": $deep" 'deep'

expect_problem 400

step "what is unusual but JSON"
send POST /tasks $' \t\r\n{ "\\u0074itle" :\n"\\ud83c\\udf3f\\/\\u00e4\\"" }\n'
expect_status 201
expect_json '.title == "🌿/ä\""'
api GET "/tasks/$(json .id)"
expect_json '.title == "🌿/ä\""'
send POST /tasks '{"title": "\u0001\u007f\ufffe\\"}'
expect_status 201
expect_json '.title == "\u0001\u007f\ufffe\\"'

# many N CHARACTER
many() {
	printf "%.0s$2" $(seq "$1")
}

step "255 characters of a title and 10 000 of a description, whatever they take"
for c in x ä 🌿; do
	send POST /tasks "{\"title\": \"$(many 255 $c)\"}"
	expect_status 201
	expect_json '.title | length == 255'
	send POST /tasks "{\"title\": \"$(many 256 $c)\"}"
	expect_status 422
	expect_json '.errors[0].pointer == "/title" and
	    .errors[0].type == "string_too_long"'
	printf '{"title": "a", "description": "%s"}' "$(many 10000 $c)" \
	    >"$D/fits"
	printf '{"title": "a", "description": "%s"}' "$(many 10001 $c)" \
	    >"$D/long"
	send POST /tasks "@$D/fits"
	expect_status 201
	expect_json '.description | length == 10000'
	cp "$BODY" "$D/created"
	api GET "/tasks/$(json .id)"
	expect cmp "$BODY" "$D/created"
	send POST /tasks "@$D/long"
	expect_status 422
	expect_json '.errors[0].pointer == "/description" and
	    .errors[0].type == "string_too_long"'
done

step "white space alone is no title"
for c in 0020 0009 000d 0085 00a0 1680 2003 2028 2029 202f 205f 3000; do
	send POST /tasks "{\"title\": \"\\u$c \\u$c\"}"
	[ "$STATUS" = 422 ] || fail "a title of U+$c is answered $STATUS"
	send POST /tasks "{\"title\": \"\\u$c.\\u$c\"}"
	[ "$STATUS" = 201 ] || fail "a title with U+$c is answered $STATUS"
done

step "the largest task is taken, even if all of it is written in escapes"
{
	printf '{"title": "'
	printf '\\ud83d\\udc22%.0s' {1..255}
	printf '", "description": "'
	printf '\\ud83d\\udc22%.0s' {1..10000}
	printf '", "status": "completed"}'
} >"$D/sent"
api POST /tasks -H 'Content-Type: application/json' --data-binary "@$D/sent"
expect_status 201
expect_json '(.title | length) == 255 and (.description | length) == 10000'
