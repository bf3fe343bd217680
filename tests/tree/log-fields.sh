#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds the fields of the log together: a key is a text or a number, for ever, in
# all programs; its name is none that Graylog has for itself; and errand.ini.5
# has the same keys with the same types.  A store of logs gives a field the type
# of its first value, and drops lines in which it has another.
set -eu
: "${srcdir:=.}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# What stands behind each LS( and LI(; log.h defines them.  A name with a dot is
# an attribute of a span.
find "$srcdir/src" "$srcdir/worker" -name '*.[ch]' ! -path '*/core/log/log.h' \
	-exec cat {} + | tr '\n\t' '  ' |
	grep -oE '[^A-Za-z0-9_]L[SI]\( *("[^"]*")?' | sed 's/^.//; s/( */ /' |
		grep -v '"[a-z_]*\.[a-z_.]*"$' >"$work/all"
grep -vE '^L[SI] "[a-z][a-z0-9_]*"$' "$work/all" && {
	echo "FAIL: a key is not written out where it is used, or not in a-z0-9_"
	failed=1
}
{
	printf '%s\n' 'LS program' 'LI pid' 'LS request_id' 'LS trace_id'
	tr -d '"' <"$work/all"
} | sed 's/^LS \(.*\)/\1 text/; s/^LI \(.*\)/\1 number/' |
	LC_ALL=C sort -u >"$work/keys"
cut -d' ' -f1 "$work/keys" | uniq -d | grep . && {
	echo "FAIL: these keys are texts in one place and numbers in another"
	failed=1
}
grep -E '^(id|source|message|timestamp|level|streams|host|gl2_.*) ' \
	"$work/keys" && {
	echo "FAIL: Graylog has these names for itself"
	failed=1
}
sed -n '/^\.Sh FIELDS OF THE LOG$/,/^\.Sh FILES$/s/^\.It Li \([a-z0-9_]*\) Ta \([a-z]*\) Ta ..*/\1 \2/p' \
	"$srcdir/etc/errand.ini.5" >"$work/man"
diff -u "$work/keys" "$work/man" || {
	echo "FAIL: errand.ini.5 has not the fields that the programs log"
	failed=1
}
[ "$(wc -l <"$work/keys")" -gt 40 ] || {
	echo "FAIL: keys were not found"
	failed=1
}
exit "$failed"
