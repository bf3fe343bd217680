# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Which Debian packages are missing, and how they get here.
#
# contrib/deps.list is the list.  Services that packages bring are for somebody
# else: what was not there before we came is stopped and disabled again.

# deps_read: takes in what is installed.
deps_read() {
	local name status
	declare -gA DEPS_PRESENT=()
	while read -r name status; do
		[ "$status" != installed ] || DEPS_PRESENT[$name]=yes
	done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n')
}

# deps_present PACKAGE: it is installed, whole.
deps_present() {
	[ -n "${DEPS_PRESENT[$1]:-}" ]
}

# deps_known PACKAGE: the package lists have it.
deps_known() {
	apt-cache show -q=2 "$1" >/dev/null 2>&1
}

# deps_choose CHOICES: prints the one that is installed, else the first one
# that is known.
deps_choose() {
	local each question
	local -a choices
	IFS='|' read -ra choices <<<"$1"
	for question in deps_present deps_known; do
		for each in "${choices[@]}"; do
			if "$question" "$each"; then
				printf '%s\n' "$each"
				return
			fi
		done
	done
	printf '%s\n' "${choices[0]}"
}

# deps_all KIND...: prints the packages of these kinds.
deps_all() {
	local kind choices
	deps_read
	while read -r kind choices; do
		[[ " $* " != *" $kind "* ]] || deps_choose "$choices"
	done < <(grep -v '^#' "$TOP/contrib/deps.list")
}

# deps_missing KIND...: prints those that are not installed.
deps_missing() {
	local package
	deps_read
	deps_all "$@" | while read -r package; do
		deps_present "$package" || printf '%s\n' "$package"
	done
}

# deps_as_root: sets AS_ROOT to what runs a command as root, or fails.
deps_as_root() {
	AS_ROOT=()
	[ "$(id -u)" != 0 ] || return 0
	command -v sudo >/dev/null || return 1
	AS_ROOT=(sudo)
	sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }
}

# deps_quiet SERVICE...: these were not here before, so nobody relies on them.
deps_quiet() {
	local service
	for service; do
		[ -e "/etc/init.d/$service" ] || continue
		if [ -d /run/systemd/system ]; then
			"${AS_ROOT[@]}" systemctl disable --now --quiet \
			    "$service" || true
		else
			"${AS_ROOT[@]}" invoke-rc.d --quiet "$service" stop ||
			    true
		fi
	done >/dev/null 2>&1
}

# deps_services: prints the services that are not here.
deps_services() {
	local package
	compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
	    printf 'postgresql\n'
	for package in redis-server lighttpd pgbouncer nginx apache2 caddy \
	    haproxy; do
		deps_present "$package" || printf '%s\n' "$package"
	done
}

# deps_install LOG PACKAGE...: an interrupt waits until the packages are whole.
deps_install() {
	local log=$1
	local -a new apt
	shift
	deps_read
	mapfile -t new < <(deps_services)
	# In run level 1 no init script starts its service.
	apt=("${AS_ROOT[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
	    apt-get -y -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
	(
		trap '' INT
		exec </dev/null >"$log" 2>&1
		"${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive \
		    dpkg --configure -a
		"${apt[@]}" update
		"${apt[@]}" install --no-install-recommends "$@"
	) || return 1
	deps_quiet "${new[@]}"
}

# deps_provide INSTALL KIND...: after it nothing of these kinds is missing.
# INSTALL is yes or no.
deps_provide() {
	local install=$1 log
	local -a missing
	shift
	command -v dpkg-query >/dev/null ||
	    die "this is no Debian: install what contrib/deps.list names by hand," \
	    "and use ./configure && make"
	mapfile -t missing < <(deps_missing "$@")
	[ "${#missing[@]}" != 0 ] || return 0
	if [ "$install" != yes ] || ! deps_as_root; then
		die "packages are missing: apt-get install ${missing[*]}"
	fi
	say "Installing ${missing[*]}"
	log=$(mktemp -t errand-apt-XXXXXX)
	if ! deps_install "$log" "${missing[@]}"; then
		tail -n 15 "$log" >&2
		die "this failed (all of it is in $log):" \
		    "apt-get install ${missing[*]}"
	fi
	rm -f "$log"
}
