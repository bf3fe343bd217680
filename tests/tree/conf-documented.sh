#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds conf.def, errand.ini and errand.ini.5 together: the sample is up to date
# and loads as it is, and the manual has the same settings in the same order
# with the same defaults.
set -eu
: "${srcdir:=.}" "${builddir:=.}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for name in $(env | sed -n 's/^\(ERRAND_[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
failed=0
ini=$srcdir/etc/errand.ini
man=$srcdir/etc/errand.ini.5

# same EXPECTED FOUND FAULT: both files say the same.
same() {
	diff -u "$1" "$2" || {
		echo "FAIL: $3"
		failed=1
	}
}

"$builddir/errandctl" config sample >"$work/sample"
same "$work/sample" "$ini" "errand.ini is out of date; run: make errand-ini"
"$builddir/errandctl" config explain >"$work/explained"
LC_ALL=C awk 'length > 78 || /[^ -~]/ {
		print FILENAME ":" FNR ": over 78 columns, or not ASCII"; n++
	}
	END { exit n > 0 }' "$ini" "$work/explained" || failed=1

sed -n -e 's/^\(\[[a-z]*\]\)$/\1/p' -e 's/^;//p' "$ini" |
	awk '/^\[/ { section = $0; next } { print section, $0 }' \
		>"$work/ini"
sed -n 's/^C[A-Z]*(\([a-z]*\), \([a-z_]*\), .*/[\1] \2/p' \
	"$srcdir/src/core/conf/conf.def" >"$work/def"
awk '$2 != last "_file" { print $1, $2 } { last = $2 }' "$work/ini" >"$work/keys"
same "$work/def" "$work/keys" "errandctl config sample leaves out settings"

sed -n -e 's/^\.Ss \(\[[a-z]*\]\)$/\1/p' \
	-e 's/^\.It Cm \([a-z_]*\) No =$/\1 =/p' \
	-e 's/^\.It Cm \([a-z_]*\) No = Li /\1 = /p' "$man" |
	awk '/^\[/ { section = $0; next } { print section, $0 }' \
		>"$work/man"
same "$work/ini" "$work/man" "errand.ini.5 has not what conf.def has"

awk '{ section = substr($1, 2, length($1) - 2)
	print toupper("ERRAND_" section "_" $2), $1, $2 }' "$work/ini" \
	>"$work/variables"
sed -n 's/^\.It Ev \(ERRAND_[A-Z0-9_]*\) Ta /\1 /p' "$man" >"$work/man"
same "$work/variables" "$work/man" \
	"errand.ini.5 has other variables in its table"

"$builddir/errandctl" config explain job |
	sed -n 's/^\[job:KIND\] \([a-z_]\)/\1/p' >"$work/jobs"
sed -n '/^\.Ss \[job:KIND\]$/,/^\.Ss \[mail\]$/s/^\.It Cm \([a-z_]*\)$/\1/p' \
	"$man" >"$work/man"
same "$work/jobs" "$work/man" "errand.ini.5 has not what conf_job.def has"

values() {
	"$builddir/errandctl" -c "$1" config show | sed 's/ ;[^;]*$//'
}

sed 's/^;//' "$ini" >"$work/all.ini"
: >"$work/none.ini"
for file in "$ini" "$work/all.ini"; do
	"$builddir/errandctl" -c "$file" config check || failed=1
done
values "$work/none.ini" >"$work/none"
values "$work/all.ini" | sed 's/\*\*\*$/dbname=errand/' >"$work/all"
same "$work/none" "$work/all" "errand.ini shows other defaults"

exit "$failed"
