#!/bin/bash
# SPDX-License-Identifier: ISC
# Each web server serves the pages with its installed file: caches, compression,
# policy; and without them, all is the service's.
# shellcheck source=tests/lib/lib.sh
. "${srcdir:-.}/tests/lib/lib.sh"

front_some nginx apache fcgid caddy haproxy
stack_up
as nobody
# They need not be built: what a server does with files is asked here.
mkdir -p "$RUN/pages/ui/assets" "$RUN/pages/docs"
printf '<!doctype html><title>board</title>\n' >"$RUN/pages/ui/index.html"
printf '<!doctype html><title>docs</title>\n' >"$RUN/pages/docs/index.html"
for each in 1 2 3 4 5 6 7 8; do
	printf 'console.log("a line that can be made shorter, number %s");\n' \
	    1 2 3 4 5 6 7 8 >>"$RUN/pages/ui/assets/board-AAAAAAAA.js"
done
cp "$TOP/etc/pages.json" "$RUN/pages/pages.json"
chmod -R a+rX "$RUN/pages"

# page PATH TITLE
page() {
	api GET "$1"
	expect_status 200
	expect grep -q "<title>$2" "$BODY"
	expect_header Content-Type 'text/html; charset=utf-8'
	expect_header Cache-Control no-cache
	expect_header X-Content-Type-Options nosniff
	expect_header Referrer-Policy same-origin
	expect_header Content-Security-Policy "default-src 'none'; script-src 'self'; .*"
	expect not grep -qi unsafe "$HEADERS"
}

# nginx_beside: nginx as the file of HAProxy tells, which asks it for files.
nginx_beside() {
	mkdir -p "$D/beside"
	{
		front_conf nginx | sed '/^server {/,$d; /^upstream/,/^}/d
		    s#/front/#/beside/#'
		sed -n '/^  #   server {/,/^  #   }/s/^  # *//p' \
		    "$TOP/etc/haproxy/errand.cfg" | sed "s/8081/$FREE/
		    s#/usr/share/errand/web#$RUN/web#"
		say '}'
	} >"$D/beside/conf"
	launch beside nginx -c "$D/beside/conf" -p "$D/beside" &&
	    await beside 20 front_up
}

for server in "${SERVERS[@]}"; do
	words=()
	if [ "$server" = haproxy ]; then
		[[ " ${SERVERS[*]} " = *' nginx '* ]] || continue
		on_a_port nginx_beside
		PAGES_PORT=$FREE words=(proxied)
	fi
	step "$server serves the pages"
	front_start "$server" "${words[@]}"
	PORT=$FRONT_PORT
	expect_soon 20 ready
	page /ui/ board
	page /docs/ docs
	api GET /ui
	expect_status 301
	expect_header Location '.*/ui/'

	step "$server keeps what the pages are made of, and compresses it"
	api GET /ui/assets/board-AAAAAAAA.js -H 'Accept-Encoding: gzip'
	expect_status 200
	expect_header Content-Type 'text/javascript; charset=utf-8'
	expect_header Cache-Control 'public, max-age=31536000, immutable'
	expect_header Content-Encoding gzip
	api GET /ui/assets/none.js
	expect_status 404
	expect_header Content-Type 'application/problem\+json'
	expect not grep -qi 'immutable' "$HEADERS"
	api GET /ui/pages.json
	expect_status 200
	expect_header Content-Type application/json
	expect_json '.client_id == "errand-cli"'
	api GET /ui/../pages.json
	expect not json_is .client_id

	step "$server leads a browser from / to the board, and no program"
	api GET / -H 'Accept: text/html,*/*'
	expect_status 303
	expect_header Location '(http://[^/]*)?/ui/'
	api GET /
	expect_problem 401
	api GET /uix
	expect_problem 401
	api GET /docsx -H 'Accept: text/html'
	expect_problem 401

	[ "$server" != haproxy ] || continue
	step "$server leads nobody to pages that are not installed"
	mv "$RUN/pages/ui" "$RUN/pages/none"
	api GET / -H 'Accept: text/html,*/*'
	expect_problem 401
	mv "$RUN/pages/none" "$RUN/pages/ui"
	end front
done
