#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds conf.def, errand.ini and errand.ini.5 together: the same settings in
# the same order with the same defaults, and the sample loads as it is.
set -eu
: "${srcdir:=.}" "${builddir:=.}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for name in $(env | sed -n 's/^\(ERRAND_[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
failed=0

# The same difference twice over: what is expected, what there is.
same() {
	diff -u "$1" "$2" || {
		echo "FAIL: $3"
		failed=1
	}
}

def=$srcdir/src/core/conf/conf.def
sed -n -e 's/^CHOICE(\([a-z]*\), \([a-z_]*\), [a-z_]*, "\([^"]*\)",.*/\1 \2 CHOICE \3/p' \
	-e 's/^CONF(\([a-z]*\), \([a-z_]*\), \([A-Z]*\), "\([^"]*\)",.*/\1 \2 \3 \4/p' \
	"$def" >"$work/rows"
rows=$(grep -c -e '^CONF(' -e '^CHOICE(' "$def")
found=$(wc -l <"$work/rows")
[ "$rows" -eq "$found" ] || {
	echo "FAIL: $rows rows in conf.def, but $found were understood"
	failed=1
}
while read -r section key type default; do
	echo "[$section] $key = $default"
	[ "$type" != SECRET ] || echo "[$section] ${key}_file = "
done <"$work/rows" | sed 's/ *$//' >"$work/def"

sed -n -e 's/^\(\[[a-z]*\]\)$/\1/p' -e 's/^;//p' "$srcdir/etc/errand.ini" |
	awk '/^\[/ { section = $0; next } { print section, $0 }' \
		>"$work/ini"
same "$work/def" "$work/ini" "errand.ini has not what conf.def has"

sed -n -e 's/^\.Ss \(\[[a-z]*\]\)$/\1/p' \
	-e 's/^\.It Cm \([a-z_]*\) No =$/\1 =/p' \
	-e 's/^\.It Cm \([a-z_]*\) No = Li /\1 = /p' \
	"$srcdir/etc/errand.ini.5" |
	awk '/^\[/ { section = $0; next } { print section, $0 }' \
		>"$work/man"
same "$work/def" "$work/man" "errand.ini.5 has not what conf.def has"

values() {
	"$builddir/errandctl" -c "$1" config show | sed 's/ ;[^;]*$//'
}

sed 's/^;//' "$srcdir/etc/errand.ini" >"$work/all.ini"
: >"$work/none.ini"
for file in "$srcdir/etc/errand.ini" "$work/all.ini"; do
	"$builddir/errandctl" -c "$file" config check || failed=1
done
values "$work/none.ini" >"$work/none"
values "$work/all.ini" | sed 's/\*\*\*$/dbname=errand/' >"$work/all"
same "$work/none" "$work/all" "errand.ini shows other defaults"

exit "$failed"
