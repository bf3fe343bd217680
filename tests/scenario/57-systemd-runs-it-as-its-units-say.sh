#!/bin/bash
# SPDX-License-Identifier: ISC
# The units under a real systemd: start, stop, reload, a crash, and a wrong
# setting, which is no reason to start again and again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
! sanitized || skip "a sanitizer cannot live in the sandbox of the units"
need unshare nsenter mount python3 redis-server pgrep
[ "$(id -u)" = 0 ] || skip "only root can boot a machine"
[ -x /lib/systemd/systemd ] || skip "systemd is not installed"
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$cgroup" ] || skip "there are no cgroups of version 2"
cgroup+=/errand-test-$$
mkdir "$cgroup" 2>/dev/null || skip "no cgroup can be made"
folder
off() {
	inside systemctl --no-pager status "${all[@]}" >"$D/log/status.log" || true
	inside journalctl --no-pager >"$D/log/journal.log" || true
	crash machine
	retry 10 find "$cgroup" -depth -type d -exec rmdir {} +
}
at_end off

# inside COMMAND...: in the machine.
inside() {
	local first
	first=$(children_of "$(pid_of machine)")
	[ -n "$first" ] || return 1
	timeout 60 nsenter -t "$first" --all env -i LC_ALL=C.UTF-8 \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
all=(errand.socket errand@{1,2,3,4}.service errand-worker.service)
# are STATE: each of our units is.
are() {
	[ "$(inside systemctl is-active "${all[@]}" | sort -u)" = "$1" ]
}
# value UNIT PROPERTY
value() {
	inside systemctl show -P "$2" "$1"
}
# asks PATH: a request on the socket is answered 200.
asks() {
	[ "$(inside timeout 50 "$TOP/tests/lib/fcgi-client" \
	    /run/errand/errand.sock /run/headers /run/body GET "$1")" = 200 ]
} 2>>"$D/log/asks.log"
setting() {
	# shellcheck disable=SC2016 # the inner shell expands it
	inside bash -c 'umask 022; . "$1" && ini_set /etc/errand/errand.ini "${@:2}"' \
	    bash "$TOP/contrib/lib/base.sh" "$@"
}

step "a machine with Errand boots"
cat >"$D/install" <<-'EOT'
	set -e
	for unit in "$TOP/etc/systemd"/errand*; do
	    name=${unit##*/}
	    sed -e 's|@sbindir@|/usr/sbin|' -e 's|@sysconfdir@|/etc|' \
	        "$unit" >"etc/systemd/system/${name%.in}"
	done
	printf '[Service]\nExecStart=redis-server --save ""\n' \
	    >etc/systemd/system/broker.service
	cp "$BUILD/errand.fcgi" "$BUILD/errand-worker" usr/sbin/
	mkdir -p etc/sysusers.d etc/tmpfiles.d etc/errand
	cp "$TOP/etc/systemd/sysusers.d"/* etc/sysusers.d/
	cp "$TOP/etc/systemd/tmpfiles.d"/* etc/tmpfiles.d/
	systemd-sysusers --root="$PWD"
	printf '[auth]\nissuer = http://127.0.0.1:9/realms/x\n' >etc/errand/errand.ini
	chmod 644 etc/errand/errand.ini
EOT
mkdir "$D/machine"
launch machine env "TOP=$TOP" "BUILD=$BUILD" "$TOP/tests/lib/machine" \
    "$D/machine" "$cgroup" errand.target bash "$D/install"
booted() {
	inside systemctl is-active errand.target || not alive machine
}
retry 60 booted >"$D/log/boot.log" 2>&1 || fail "it does not boot"
alive machine || skip "there is none: $(tail -n 1 "$D/log/machine.log")"
inside systemctl start broker errand-worker
expect_soon 20 are active
expect_same "the owner of /run/errand" "$(inside stat -c %U /run/errand)" errand
expect_soon 20 asks /health/live

step "what is stopped is stopped, and the socket with it"
inside systemctl stop errand.target errand-worker
expect are inactive
expect inside test ! -e /run/errand/errand.sock
inside systemctl start errand.target errand-worker
expect_soon 20 are active
expect_soon 20 asks /health/live

step "processes that die, again and again, are replaced"
pids() {
	local each
	for each in "${all[@]:1:4}"; do
		value "$each" MainPID
	done
}
for _ in {1..4}; do
	# shellcheck disable=SC2046
	inside kill -s KILL $(pids | grep -v '^0$') || true
	expect_soon 20 are active
	expect_soon 20 asks /health/live
done

step "a reload gives the pool its new settings"
first=$(value errand-worker MainPID)
# children -ge|-lt N: the pool has so many processes.
children() {
	test "$(inside pgrep -c -P "$first")" "$1" "$2"
}
expect_soon 20 children -ge 5
setting worker children 2
inside systemctl reload errand-worker
expect_soon 20 children -lt 5
expect_same "the parent" "$(value errand-worker MainPID)" "$first"

step "a wrong setting is an error in the journal, and ends it"
setting auth leeway long
inside systemctl restart 'errand@*' errand-worker 2>>"$D/log/ctl.log" || true
services=("${all[@]:1}")
failed() {
	[ "$(inside systemctl is-failed "${services[@]}" | sort -u)" = failed ]
}
expect_soon 20 failed
for each in "${services[@]}"; do
	expect_same "status of $each" "$(value "$each" ExecMainStatus)" 78
	expect_same "restarts of $each" "$(value "$each" NRestarts)" 0
	inside journalctl -p err -u "$each" >"$D/log/journal.log"
	expect grep -q 'leeway: "long"' "$D/log/journal.log"
done

step "a request waits then, and starts nothing in vain"
first=$(value errand@1 ExecMainPID)
asks /health/live &
waiting=$!
listens() {
	[ "$(value errand-start.service ActiveState)" = active ] &&
	    [ "$(value errand.socket ActiveState)" = active ]
}
expect_soon 20 listens
expect failed
expect_same "who was started last" "$(value errand@1 ExecMainPID)" "$first"

step "when that is mended it starts again"
setting auth leeway 10s
inside systemctl start errand.target errand-worker
expect_soon 20 are active
expect_soon 20 asks /health/live
wait "$waiting" || fail "the request that waited is not answered"
