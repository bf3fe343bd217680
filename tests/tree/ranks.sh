#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds the tree to the ranks of its folders; tests/lib/ranks.py does it.
command -v python3 >/dev/null || {
	echo "python3 is missing (Debian package: python3)"
	exit 77
}
exec python3 -B "${srcdir:-.}/tests/lib/ranks.py" "$@"
