# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Builds the programs, out of the source tree.

# build_prepared: autoreconf went through, after the last change to its input.
build_prepared() {
	[ "$TOP/Makefile.in" -nt "$TOP/configure.ac" ] &&
	    [ -x "$TOP/configure" ] && [ -e "$TOP/config.h.in" ] &&
	    [ -x "$TOP/build-aux/install-sh" ]
}

build_steps() {
	build_prepared || (cd "$TOP" && autoreconf -fi) || return 1
	mkdir -p "$BUILD" && cd "$BUILD" || return 1
	if [ ! -e config.status ] || [ ! -e Makefile ]; then
		"$TOP/configure" || return 1
	fi
	make -j "$(nproc)" all
}

# build_programs LOG: one builder at a time, as autoreconf writes into the
# source tree.
build_programs() {
	(
		umask 022
		flock -w 900 9 || die "somebody else builds here for too long"
		build_steps
	) 9<"$TOP" </dev/null >"$1" 2>&1
}
