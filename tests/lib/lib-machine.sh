# SPDX-License-Identifier: ISC
# For scenarios that run the units under a real systemd, on a machine of its own
# (see machine); sourced after lib.sh.
# shellcheck shell=bash

# What is below the machine's files, and the unit that it boots.
LOWER=/
BOOTS=errand.target

# machine_ready: what that needs; D is there afterwards.
machine_ready() {
	! sanitized || skip "a sanitizer cannot live in the sandbox of the units"
	need unshare nsenter mount python3 redis-server pgrep
	[ "$(id -u)" = 0 ] || skip "only root can boot a machine"
	[ "$LOWER" != / ] || [ -x /lib/systemd/systemd ] ||
	    skip "systemd is not installed"
	CGROUP=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$CGROUP" ] || skip "there are no cgroups of version 2"
	CGROUP+=/errand-test-$$
	mkdir "$CGROUP" 2>/dev/null || skip "no cgroup can be made"
	folder
	at_end machine_off
}

machine_off() {
	inside systemctl --no-pager status 'errand*' >"$D/log/status.log" || true
	inside journalctl --no-pager >"$D/log/journal.log" || true
	crash machine
	retry 10 find "$CGROUP" -depth -type d -exec rmdir {} +
}

# inside COMMAND...: in the machine.
inside() {
	local first
	first=$(children_of "$(pid_of machine)")
	[ -n "$first" ] || return 1
	timeout 60 nsenter -t "$first" --all env -i LC_ALL=C.UTF-8 \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# What is installed before it boots: the programs and their units, as make
# install puts them, and a broker.
machine_files() {
	cat <<-'EOT'
		set -e
		for unit in "$TOP/etc/systemd"/errand*; do
		    name=${unit##*/}
		    sed -e 's|@sbindir@|/usr/sbin|' -e 's|@sysconfdir@|/etc|' \
		        "$unit" >"etc/systemd/system/${name%.in}"
		done
		printf '[Service]\nExecStart=redis-server --save ""\n' \
		    >etc/systemd/system/broker.service
		cp "$BUILD/errand.fcgi" "$BUILD/errand-worker" \
		    "$BUILD/errand-metrics" "$BUILD/errand-stream" usr/sbin/
		mkdir -p etc/sysusers.d etc/tmpfiles.d etc/errand
		cp "$TOP/etc/systemd/sysusers.d"/* etc/sysusers.d/
		cp "$TOP/etc/systemd/tmpfiles.d"/* etc/tmpfiles.d/
		systemd-sysusers --root="$PWD"
		printf '[auth]\nissuer = http://127.0.0.1:9/realms/x\n' \
		    >etc/errand/errand.ini
		chmod 644 etc/errand/errand.ini
	EOT
}

# machine_boot: boots it, once machine_files and what comes after them on
# standard input were run in its root.
machine_boot() {
	{ machine_files && cat; } >"$D/install"
	mkdir "$D/machine"
	launch machine env "TOP=$TOP" "BUILD=$BUILD" "D=$D" "LOWER=$LOWER" \
	    "$TOP/tests/lib/machine" "$D/machine" "$CGROUP" "$BOOTS" \
	    bash "$D/install"
	retry 60 machine_up >"$D/log/boot.log" 2>&1 || fail "it does not boot"
	alive machine || skip "there is none: $(tail -n 1 "$D/log/machine.log")"
}

machine_up() {
	inside systemctl is-active "$BOOTS" || not alive machine
}

# value UNIT PROPERTY
value() {
	inside systemctl show -P "$2" "$1"
}

# setting SECTION KEY VALUE: in the machine's settings.
setting() {
	# shellcheck disable=SC2016 # the inner shell expands it
	inside bash -c 'umask 022; . "$1" && ini_set /etc/errand/errand.ini "${@:2}"' \
	    bash "$TOP/contrib/lib/base.sh" "$@"
}

# asks PATH: a request on the socket is answered 200.
asks() {
	[ "$(inside timeout 50 "$TOP/tests/lib/fcgi-client" \
	    /run/errand/errand.sock /run/headers /run/body GET "$1")" = 200 ]
} 2>>"$D/log/asks.log"
