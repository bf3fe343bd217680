#!/bin/sh
# SPDX-License-Identifier: ISC
# What judges the histories of clusters refuses each kind of fault, and nothing
# that a right service may do.
command -v python3 >/dev/null || {
	echo "python3 is missing (Debian package: python3)"
	exit 77
}
exec python3 -B "${srcdir:-.}/tests/lib/judge-cases.py" \
    "${srcdir:-.}/tests/data/histories"
