# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Programs that are built from their sources at the Go proxy.

# go_program NAME MODULE VERSION FOLDER: builds the program that is in that
# folder of the module, once, as /var/tmp/errand-NAME-UID/NAME; sets GO_PROGRAM to
# that.  Ends with status 77 if it cannot be had; what go says is printed.
go_program() {
	local dir new
	dir=/var/tmp/errand-$1-$(id -u)
	new=$dir.new
	GO_PROGRAM=$dir/$1
	if [ -x "$GO_PROGRAM" ] && [ "$(cat "$dir/version")" = "$3" ]; then
		printf '%s is there\n' "$GO_PROGRAM"
		return
	fi
	if ! command -v go >/dev/null; then
		printf 'skipped: go is not installed (Debian package: golang-go)\n'
		exit 77
	fi
	rm -rf "$new"
	mkdir "$new"
	if ! (umask 022 && cd "$new" &&
	    export GOFLAGS=-modcacherw GOTOOLCHAIN=auto &&
	    go mod init "errand.invalid/$1" &&
	    go get -tool "$2/$4@$3" &&
	    go build -p 2 -trimpath -ldflags '-s -w' -o "$1" "$2/$4"); then
		rm -rf "$new"
		printf 'skipped: %s %s cannot be built here\n' "$2" "$3"
		exit 77
	fi
	rm -f "$new/go.mod" "$new/go.sum"
	printf '%s\n' "$3" >"$new/version"
	rm -rf "$dir"
	mv -T "$new" "$dir"
	printf '%s %s is built\n' "$1" "$3"
}
