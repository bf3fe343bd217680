#!/bin/sh
# SPDX-License-Identifier: ISC
# errand-metrics.8 has the metrics of metric.def, in the same order, with the
# same words about them and the same labels.
set -eu
: "${srcdir:=.}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# One line a metric: name, type, what it is, and its labels.
awk '
	/^(SET|OPEN)\(/ {
		split($0, part, /[(,"]/)
		label[part[2]] = part[4]
	}
	/^METRIC\(/ {
		split($0, part, /, */)
		type = part[2] ~ /COUNTER|HISTOGRAM/ ? tolower(part[2]) : "gauge"
		gsub(/"/, "", part[3])
		line = part[3] " A " type "."
		labels = ""
		for (i = 6; i <= 8; i++)
			labels = labels (part[i] == "NONE" ? "" : " " label[part[i]])
		getline
		gsub(/^ *"|"\)$/, "")
		print line " " $0 (part[3] == "errand_build_info" ? " version" : labels)
	}' "$srcdir/src/core/metric/metric.def" >"$work/def"

awk '
	/^\.Sh METRICS/ { on = 1; next }
	/^\.El/ && line != "" { print line; exit }
	!on { next }
	/^\.It Ic / { if (line != "") print line; line = $3; text = ""; next }
	line == "" { next }
	/^\.Ic / { line = line " " $2; next }
	/^[a-z]/ { next }
	{ line = line " " $0 }' "$srcdir/src/metrics/errand-metrics.8" >"$work/man"

[ "$(wc -l <"$work/def")" -ge 10 ] || {
	echo "metric.def was not understood"
	exit 1
}
diff -u "$work/def" "$work/man" || {
	echo "FAIL: errand-metrics.8 has not what metric.def has"
	exit 1
}
