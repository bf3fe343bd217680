# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Packages of PyPI for tests, in a folder of their own.

# venv_get NAME PACKAGE...: the newest of them, into /var/tmp/errand-NAME-UID.
# What is younger than a week stays as it is.  Ends with status 77 if PyPI cannot
# be reached; else sets VENV to the folder, and VENV_NEW to yes or no.
venv_get() {
	VENV=/var/tmp/errand-$1-$(id -u)
	VENV_NEW=no
	if [ -n "$(find "$VENV/complete" -mtime -7 2>/dev/null)" ]; then
		printf '%s is there\n' "$VENV"
		return
	fi
	rm -rf "$VENV.new"
	/usr/bin/python3 -m venv "$VENV.new"
	if ! "$VENV.new/bin/pip" --disable-pip-version-check install \
	    --no-cache-dir --quiet "${@:2}"; then
		rm -rf "$VENV.new"
		printf 'skipped: not to be had from PyPI: %s\n' "${*:2}"
		exit 77
	fi
	# Its path is written into its programs, but we run modules only.
	rm -rf "$VENV"
	mv -T "$VENV.new" "$VENV"
	touch "$VENV/complete"
	VENV_NEW=yes
}
