#!/bin/bash
# SPDX-License-Identifier: ISC
# All of it under a real systemd, in the sandbox of its units: what it needs is
# there, and a restart or a reload under load loses no request and no job.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-machine.sh"
pg_programs || skip "postgresql is not installed"
need sqitch psql lighttpd curl jq runuser systemd-analyze
machine_ready
# Where a browser comes in, and where the issuer is, in the machine.
PORT=8080 ISSUER=http://127.0.0.1:8081/realms/errand

step "the units are exposed as little as can be"
mkdir -p "$D/units/etc/systemd/system" "$D/units/usr/sbin"
for each in errand.fcgi errand-worker; do
	printf '#!/bin/sh\n' >"$D/units/usr/sbin/$each"
	chmod +x "$D/units/usr/sbin/$each"
done
for each in "$TOP/etc/systemd"/errand*; do
	name=${each##*/}
	sed -e 's|@sbindir@|/usr/sbin|' -e 's|@sysconfdir@|/etc|' "$each" \
	    >"$D/units/etc/systemd/system/${name%.in}"
done
for each in errand@1.service errand-worker.service; do
	systemd-analyze security --offline=true --root="$D/units" --no-pager \
	    --threshold=10 "$each" >"$D/log/security.log" 2>&1 ||
	    fail "$each: $(tail -n 3 "$D/log/security.log")"
done

step "a machine with all of Errand boots"
"$BUILD/errandctl" token --new-key "$D/key.pem" || fail "no key"
(
	key=$D/key.pem D+=/files PORT=8081
	issuer_files "$key"
) || fail "no issuer"
machine_boot <<-EOT
	cat >etc/systemd/system/truth.service <<-'END'
		[Service]
		User=postgres
		RuntimeDirectory=postgresql
		StateDirectory=truth
		StateDirectoryMode=0700
		ExecStartPre=$PG_BIN/initdb -D /var/lib/truth -A peer \
		    -E UTF8 --locale=C.UTF-8
		ExecStart=$PG_BIN/postgres -D /var/lib/truth \
		    -k /run/postgresql -c listen_addresses= -c fsync=off
	END
	cat >etc/lighttpd/web.conf <<-'END'
		server.modules = ( "mod_fastcgi" )
		server.document-root = "/var/empty"
		server.port = $PORT
		server.username = "www-data"
		server.groupname = "www-data"
		server.feature-flags = ( "server.h2proto" => "enable" )
		include "$TOP/etc/lighttpd/50-errand.conf"
	END
	cat >etc/lighttpd/issuer.conf <<-'END'
		server.document-root = "$D/files/www"
		server.port = 8081
		mimetype.assign = ( "" => "application/json" )
	END
	for name in web issuer; do
		printf '[Service]\nExecStart=/usr/sbin/lighttpd -D -f %s\n' \
		    "/etc/lighttpd/\$name.conf" >"etc/systemd/system/\$name.service"
	done
	rm -rf var/lib/truth var/log/errand
	chmod 711 "$D" "$D/files" 2>/dev/null || true
EOT
FIRST=$(children_of "$(pid_of machine)")
# What speaks HTTP does it in the machine's network.
curl() {
	nsenter -t "$FIRST" --net curl "$@"
}
python3() {
	nsenter -t "$FIRST" --net python3 "$@"
}
inside systemctl start truth broker issuer web
# query SQL: as the superuser.
query() {
	inside runuser -u postgres -- psql -XAtq -d "${2:-postgres}" -c "$1"
} 2>>"$D/log/psql.log"
expect_soon 30 query 'SELECT' 
setting auth issuer "$ISSUER"
# setup [OPTION...]: as an administrator does it, as root.
setup() {
	inside env ERRAND_SQL="$TOP/sql" "$BUILD/errandctl" \
	    -c /etc/errand/errand.ini setup "$@" >"$D/setup" 2>&1
}
expect setup
expect grep -qx 'role errand: created' "$D/setup"
expect grep -qx 'database errand: created' "$D/setup"
expect setup
expect grep -qx 'database errand: there already' "$D/setup"
expect not setup --superuser nobody
expect grep -q 'as nobody: ' "$D/setup"
setting log file /var/log/errand/errand.log
setting job:t.shows command /opt/shows
setting job:t.shows max_retries 0
inside bash -c 'mkdir -p /opt && cat >/opt/shows && chmod 755 /opt/shows' <<-'END'
	#!/bin/bash
	set -e
	cat >/dev/null
	id -un; file=$(mktemp); echo here >"$file"; cat "$file"; ls /home /root 2>&1 | head -n 3
	ls /run/postgresql /usr/bin/env /etc/passwd >/dev/null
	! touch /etc/x /usr/x /run/errand/x /var/x 2>/dev/null
	nice -n 5 true && ulimit -n 64 && echo done
END
inside systemctl restart 'errand@*' errand-worker
expect_soon 30 ready
# a token as the machine's settings want it
token() {
	inside "$BUILD/errandctl" -c /etc/errand/errand.ini token \
	    --key "$D/key.pem" "$@"
}
USER_TOKEN=$(token --role user --user alice) || fail "no token"
ADMIN_TOKEN=$(token --role admin --user root) || fail "no token"
as user

step "what it needs is in its sandbox"
new_task '{"title": "In a sandbox"}'
cached() {
	api GET "/tasks/$ID"
	expect_status 200
	[ "$(header x-cache)" = hit ]
}
expect_soon 10 cached
query "INSERT INTO jobs (id, kind) VALUES (gen_random_uuid(), 't.shows')" errand
state() {
	[ "$(query "SELECT string_agg(DISTINCT state::text, ' ') FROM jobs
	    WHERE kind = '$1'" errand)" = "$2" ]
}
expect_soon 30 state t.shows succeeded
expect_soon 10 inside grep -q 'route=/tasks ' /var/log/errand/errand.log
expect_soon 10 inside grep -q 'kind=t.shows state=succeeded' /var/log/errand/errand.log
as admin
api GET /health
expect_status 200
expect_json '.status == "pass" or .status == "warn"'
as user

# pid UNIT
pid() {
	value "$1" MainPID
}
replaced_all() {
	local now
	now=$(for each in 1 2 3 4; do pid "errand@$each"; done)
	! grep -qxF "$before" <<<"$now" && ! grep -qx 0 <<<"$now"
}
load_begin coherence --no-errors
for each in 1 2 3; do
	step "a restart of all processes under load, time $each"
	before=$(for n in 1 2 3 4; do pid "errand@$n"; done)
	load_order hits
	inside systemctl restart 'errand@*' || fail "no restart"
	expect_soon 30 replaced_all
	inside systemctl restart errand-worker
	load_order writes
done
step "a reload of the pool under load"
before=$(pid errand-worker)
inside systemctl reload errand-worker
load_order hits
expect_same "the pool" "$(pid errand-worker)" "$before"
load_order writes
load_end
all_done() {
	[ "$(query "SELECT count(*) FROM jobs WHERE state NOT IN
	    ('succeeded', 'cancelled')" errand)" = 0 ]
}
expect_soon 60 all_done
