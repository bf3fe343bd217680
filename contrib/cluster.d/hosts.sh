# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Hosts that are network namespaces of this machine, on one switch.
#
# D     the folder of the cluster; D/hosts names the namespaces that were made
# NET   what their names begin with, of this folder alone
#
# A process belongs to a host by its namespace, so that nothing else is ever
# signalled, and nothing of a host is forgotten.

# Each host: its name and the last part of its address.
declare -A LAST=([lb]=10 [app1]=11 [app2]=12 [app3]=13 [work1]=21 [work2]=22
    [db1]=31 [db2]=32 [etcd]=35 [pool]=40 [kv1]=51 [kv2]=52 [kv3]=53
    [mail]=60 [client]=70)
# In the order in which they start.
HOSTS=(client mail etcd db1 db2 pool kv1 kv2 kv3 app1 app2 app3 work1 work2 lb)
PREFIX=10.77.0

# address HOST
address() {
	printf '%s.%s' "$PREFIX" "${LAST[$1]}"
}

# space HOST: the name of its namespace.
space() {
	printf '%s-%s' "$NET" "$1"
}

# on HOST COMMAND...: runs it there.
on() {
	local host=$1
	shift
	ip netns exec "$(space "$host")" "$@"
}

# starts HOST NAME COMMAND...: a process that outlives us.
starts() {
	local host=$1 name=$2
	shift 2
	launch "$name" ip netns exec "$(space "$host")" "$@"
}

# space_new HOST: a namespace, which is written down before it is made.
space_new() {
	printf '%s\n' "$(space "$1")" >>"$D/hosts" &&
	    ip netns add "$(space "$1")" &&
	    ip -n "$(space "$1")" link set lo up
}

# hosts_new: all of them, each with a cable to the switch.
hosts_new() {
	local host switch
	switch=$(space switch)
	space_new switch && ip -n "$switch" link add bridge type bridge &&
	    ip -n "$switch" link set bridge up || return 1
	for host in "${HOSTS[@]}"; do
		space_new "$host" &&
		    ip -n "$switch" link add "$host" type veth \
			peer name eth0 netns "$(space "$host")" &&
		    ip -n "$switch" link set "$host" master bridge up &&
		    ip -n "$(space "$host")" addr add \
			"$(address "$host")/24" dev eth0 &&
		    ip -n "$(space "$host")" link set eth0 up || return 1
	done
}

# hosts_end: kills what runs on any of them, and takes them away.
hosts_end() {
	local each
	[ -s "$D/hosts" ] || return 0
	while read -r each; do
		[[ $each = "$NET"-* ]] && ip netns pids "$each" >/dev/null 2>&1 ||
		    continue
		retry 20 space_empty "$each" || return 1
		ip netns del "$each" || return 1
	done <"$D/hosts"
	rm -f "$D/hosts"
}

# space_empty SPACE: nothing runs there any more; what does is killed.
space_empty() {
	local pid all
	all=$(ip netns pids "$1")
	for pid in $all; do
		kill -s KILL "$pid" 2>/dev/null || true
	done
	[ -z "$all" ]
}

# host_signal SIGNAL HOST: to all that runs there.
host_signal() {
	local pid
	for pid in $(ip netns pids "$(space "$2")"); do
		kill -s "$1" "$pid" 2>/dev/null || true
	done
}

# host_kill HOST: as when the power goes.
host_kill() {
	host_signal STOP "$1"
	retry 20 space_empty "$(space "$1")"
}

# host_freeze HOST, host_thaw HOST
host_freeze() {
	host_signal STOP "$1"
}
host_thaw() {
	host_signal CONT "$1"
}

# host_cut HOST, host_join HOST: its cable, at the switch.
host_cut() {
	ip -n "$(space switch)" link set "$1" down
}
host_join() {
	ip -n "$(space switch)" link set "$1" up
}

# host_split HOST OTHER...: it does not reach these, though others do; host_heal
# ends that.
host_split() {
	local each
	for each in "${@:2}"; do
		[ "$each" = "$1" ] || ip -n "$(space "$1")" route replace \
		    blackhole "$(address "$each")/32"
	done
}
host_heal() {
	ip -n "$(space "$1")" route flush type blackhole
}

# host_runs HOST: something does.
host_runs() {
	[ -n "$(ip netns pids "$(space "$1")")" ]
}
