#!/bin/bash
# SPDX-License-Identifier: ISC
# No test lies here that make check does not run.
TESTS_DIR=${srcdir:-.}/tests
missing=0
for file in "$TESTS_DIR"/scenario/[0-9][0-9]-*.sh "$TESTS_DIR"/unit/check_*.c; do
	name=$(basename "$file" .c)
	grep -q -- "%D%/[a-z]*/$name\\b" "$TESTS_DIR/module.am" && continue
	printf '%s is not in tests/module.am\n' "$name"
	missing=1
done
exit "$missing"
