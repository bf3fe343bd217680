#!/bin/bash
# SPDX-License-Identifier: ISC
# Holds the C files against .clang-format: contrib/format.sh check|fix [FILE...]
#
# Versions of clang-format differ in what they do, so it is pinned: CLANG_FORMAT
# may name the program, but its version has to be 14.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VERSION=14

# program: prints the clang-format of the right version.
program() {
	local each
	for each in "${CLANG_FORMAT:-}" "clang-format-$VERSION" clang-format; do
		command -v "${each:-/}" >/dev/null || continue
		if "$each" --version | grep -q "version $VERSION\."; then
			printf '%s' "$each"
			return
		fi
	done
	return 1
}

usage() {
	echo "usage: contrib/format.sh check|fix [FILE...]" >&2
	exit 2
}

main() {
	local format
	local -a files
	[ $# != 0 ] || usage
	files=("${@:2}")
	# With no file list from git every C file counts, as in a tarball.
	[ $# != 1 ] ||
	    mapfile -t files < <(find src worker tests -name '*.[ch]' | sort)
	format=$(program) || {
		echo "format.sh: skipped: clang-format $VERSION is not there" >&2
		exit 77
	}
	case $1 in
	check) "$format" --dry-run --Werror "${files[@]}" ;;
	fix) "$format" -i "${files[@]}" ;;
	*) usage ;;
	esac
}

main "$@"
