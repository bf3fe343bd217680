#!/bin/sh
# SPDX-License-Identifier: ISC
# Each picture of DESIGN.md is of the text that lies beside it, and is shown.
set -eu

top=${srcdir:-$(dirname "$0")/../..}
faults=0

for text in "$top"/contrib/pictures/*.dot; do
	picture=${text%.dot}.svg
	digest=$(sha256sum "$text" | cut -d' ' -f1)
	if ! grep -q "^<!-- $digest -->\$" "$picture"; then
		echo "$picture is not of its text: run contrib/pictures/draw"
		faults=1
	fi
	if ! grep -q "](contrib/pictures/$(basename "$picture"))" \
	    "$top/DESIGN.md"; then
		echo "DESIGN.md does not show $picture"
		faults=1
	fi
done
exit $faults
