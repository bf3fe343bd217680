#!/bin/sh
# SPDX-License-Identifier: ISC
# Shows that tests/tree/ranks.sh refuses each kind of fault.
command -v python3 >/dev/null || {
	echo "python3 is missing (Debian package: python3)"
	exit 77
}
exec python3 -B "${srcdir:-.}/tests/lib/ranks-refuses.py" "$@"
