#!/bin/sh
# SPDX-License-Identifier: ISC
# The programs are built hardened: position independent, with all symbols bound
# at the start and read-only after it, and with the stack protector.
set -eu

grep -q "^HARDEN_LDFLAGS='.*now" config.log || {
	echo "built without hardening"
	exit 77
}
command -v readelf >/dev/null || {
	echo "readelf is missing (Debian package: binutils)"
	exit 77
}

faults=0

# has PROGRAM OPTION TEXT WHAT
has() {
	readelf -W "$2" "$1" | grep -q -- "$3" || {
		echo "$1: $4"
		faults=1
	}
}

for program in errand.fcgi errand-worker errand-metrics errand-stream errandctl; do
	has "$program" -h 'DYN' "is not position independent"
	has "$program" -l 'GNU_RELRO' "has no read-only relocations"
	has "$program" -d 'BIND_NOW\|FLAGS.*NOW' "binds symbols late"
	has "$program" -s '__stack_chk_fail' "has no stack protector"
	has "$program" -s '_chk@\|_chk ' "has no checked functions of the C library"
done
exit "$faults"
