#!/bin/sh
# SPDX-License-Identifier: ISC
# errandctl token at the command line: keys, key sets, claims, and its words
# when something is wrong.
set -eu
: "${srcdir:=.}" "${builddir:=.}"

ctl=$(cd "$builddir" && pwd -P)/errandctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for name in $(env | sed -n 's/^\(ERRAND_[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
failed=0
key=$work/key.pem
printf '[auth]\nissuer = https://sso.example/realms/main\n' >"$work/errand.ini"

# expect STATUS PATTERN ARGUMENT...: both outputs together have the pattern.
expect() {
	status=$1
	pattern=$2
	shift 2
	got=0
	"$ctl" -c "$work/errand.ini" token "$@" >"$work/out" 2>&1 || got=$?
	if [ "$got" -ne "$status" ] || ! grep -q -e "$pattern" "$work/out"; then
		echo "FAIL: errandctl token $*"
		echo "  expected status $status and \"$pattern\", got $got and"
		sed 's/^/  /' "$work/out"
		failed=1
	fi
}

# part N ARGUMENT...: that part of a token, decoded.
part() {
	n=$1
	shift
	expect 0 '^[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$' -k "$key" "$@"
	text=$(cut -d . -f "$n" "$work/out" | tr -- -_ +/)
	while [ $((${#text} % 4)) -ne 0 ]; do
		text=$text=
	done
	echo "$text" | base64 -d >"$work/part"
}

# has N PATTERN ARGUMENT...: part N of a token has the pattern.
has() {
	number=$1
	wanted=$2
	shift 2
	part "$number" "$@"
	if ! grep -q -e "$wanted" "$work/part"; then
		echo "FAIL: no $wanted with $*: $(cat "$work/part")"
		failed=1
	fi
}

expect 2 '--key FILE is needed'
expect 2 'goes with no other' --new-key "$key" --jwks
expect 2 '"x" is not expected' -k "$key" x
expect 1 'No such file' -k "$key"
"$ctl" token --new-key "$key"
expect 1 'File exists' --new-key "$key"
expect 1 'No such file' --new-key "$work/none/key.pem"
expect 0 '"kid":"[A-Za-z0-9_-]\{43\}"' -k "$key" --jwks
expect 0 '"alg":"PS256"' -k "$key" --jwks --algorithm PS256
expect 1 'ES256 needs another type of key than RSA' -k "$key" --algorithm ES256
expect 1 'HS256 is none of' -k "$key" --algorithm HS256
expect 2 '--ttl 1y' -k "$key" --ttl 1y
expect 2 '--ttl 0' -k "$key" --ttl 0
expect 2 'NAME=JSON is needed' -k "$key" --claim sub
expect 1 'a string needs quotes' -k "$key" --claim sub=me

has 1 '"alg":"RS256"' --algorithm RS256
has 1 '"typ":"JWT"'
has 1 '"typ":"at+jwt"' --header 'typ="at+jwt"'
has 1 '"alg":"none"' --header 'alg="none"'
has 2 '"iss":"https://sso.example/realms/main"'
has 2 '"aud":"errand-api"'
has 2 '"roles":\["user"\]'
has 2 '"roles":\["user","admin"\]' -r user -r admin
has 2 '"preferred_username":"alice"' -u alice
has 2 '"email":"a@example.org"' --email a@example.org
has 2 '"aud":\["a","b"\]' --claim 'aud=["a","b"]'
has 2 '"exp":1}\|"exp":1,' --claim exp=1
has 2 '"nbf":null' --claim nbf=null
part 2 --claim sub=
if grep -q '"sub"' "$work/part"; then
	echo "FAIL: a claim that was removed is there"
	failed=1
fi

exit "$failed"
