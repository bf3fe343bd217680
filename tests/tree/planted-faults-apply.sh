#!/bin/bash
# SPDX-License-Identifier: ISC
# Each fault of tests/data/planted can be put into the sources as they are, and
# says what it breaks and which points are to find it; so can the next release that
# contrib/rolling-upgrade makes up.
set -euo pipefail
cd "${srcdir:-.}"
type -P patch >/dev/null || {
	echo "patch is not installed"
	exit 77
}
bad=0
for each in tests/data/planted/*.patch; do
	patch -s -f -F 0 -p1 --dry-run -o /dev/null <"$each" >/dev/null || {
		echo "$each: does not fit the sources"
		bad=1
	}
	[[ $(sed -n 1,2p "$each") == *.$'\n'"points: "?* ]] || {
		echo "$each: does not begin with a sentence and its points"
		bad=1
	}
done
patch -s -f -F 0 -p1 --dry-run -o /dev/null \
    <contrib/rolling-upgrade.d/next.patch >/dev/null || {
	echo "contrib/rolling-upgrade.d/next.patch: does not fit the sources"
	bad=1
}
exit $bad
