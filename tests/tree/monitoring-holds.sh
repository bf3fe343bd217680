#!/bin/sh
# SPDX-License-Identifier: ISC
# What contrib/monitoring asks for is what metric.def has: metrics, labels and
# the words of labels.  Each alert has a case in which it fires and one in which
# it is silent, and promtool says that they come out so.
set -eu
: "${srcdir:=.}"
from=$srcdir/contrib/monitoring

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# differ WHAT: lines of asked that known lacks.
differ() {
	LC_ALL=C sort -u "$work/known" -o "$work/known"
	LC_ALL=C sort -u "$work/asked" -o "$work/asked"
	[ -s "$work/asked" ] || {
		echo "FAIL: no $1 was found"
		failed=1
	}
	LC_ALL=C comm -13 "$work/known" "$work/asked" >"$work/extra"
	[ ! -s "$work/extra" ] || {
		echo "FAIL: contrib/monitoring has a $1 that is not in metric.def:"
		cat "$work/extra"
		failed=1
	}
}

# The rules, their cases, and the expressions of dashboards, without the
# backslashes of JSON.
{
	cat "$from"/*.yaml
	cat "$from"/*.json 2>/dev/null | grep -E '"(expr|query)":' || true
} | sed 's/\\"/"/g' >"$work/text"

awk '
	/^METRIC\(/ {
		split($0, part, /, */)
		gsub(/"/, "", part[3])
		if (part[2] != "HISTOGRAM") { print part[3]; next }
		print part[3] "_bucket"; print part[3] "_sum"; print part[3] "_count"
	}' "$srcdir/src/core/metric/metric.def" >"$work/known"
grep -oE '\b(errand|http_server|db_client)_[a-z_]+' "$work/text" >"$work/asked"
differ metric

# Labels of ours; the others are those that a scrape or a histogram brings.
sed -nE 's/^(SET|OPEN)\([a-z_]+, "([a-z_]+)".*/\2/p' \
	"$srcdir/src/core/metric/metric.def" >"$work/known"
printf '%s\n' job instance le alertname severity alertstate version >>"$work/known"
grep -oE '[a-z_]+(=~|!~|!=|=)"' "$work/text" | grep -oE '^[a-z_]+' >"$work/asked"
grep -oE '\b(by|on) \([a-z_, ]+\)' "$work/text" | sed 's/^[a-z]* (//; s/)//' |
	tr -d ' ' | tr ',' '\n' | grep . >>"$work/asked"
differ label

# The words of labels that are written out in metric.def.
awk -F '[(,) ]+' '
	/^SET\(/ { gsub(/"/, "", $3); label[$2] = $3 }
	/^WORD\(/ { print label[$2] " " $3 }' \
	"$srcdir/src/core/metric/metric.def" >"$work/known"
closed=$(sed -nE 's/^SET\([a-z_]+, "([a-z_]+)".*/\1/p' \
	"$srcdir/src/core/metric/metric.def" | sort -u | tr '\n' '|')
open=$(sed -nE 's/^OPEN\([a-z_]+, "([a-z_]+)".*/\1/p' \
	"$srcdir/src/core/metric/metric.def" | sort -u | tr '\n' '|')
# A name that is both, such as "kind", may have any word.
grep -oE "\b(${closed%|})(=~|!~|!=|=)\"[^\"]*\"" "$work/text" |
	grep -vE "^(${open%|})(=|!)" |
	sed -E 's/(=~|!~|!=|=)"/ /; s/"$//' |
	awk '{ n = split($2, word, "|"); for (i = 1; i <= n; i++) print $1, word[i] }' \
		>"$work/asked"
differ word

sed -n 's/^ *- alert: *//p' "$from/errand.rules.yaml" >"$work/alerts"
[ -s "$work/alerts" ] || {
	echo "FAIL: errand.rules.yaml was not understood"
	exit 1
}
while read -r alert; do
	for way in fires silent; do
		grep -qE "^  - name: $alert (is )?$way" "$from/errand.rules.test.yaml" || {
			echo "FAIL: $alert has no case \"$way\""
			failed=1
		}
	done
	grep -q "alertname=\"$alert\"" "$from/errand.rules.test.yaml" || {
		echo "FAIL: no case expects $alert"
		failed=1
	}
done <"$work/alerts"
[ "$failed" = 0 ] || exit 1

command -v promtool >/dev/null || {
	echo "promtool is missing (Debian package: prometheus)"
	exit 77
}
promtool check rules "$from/errand.rules.yaml"
promtool test rules "$from/errand.rules.test.yaml"
