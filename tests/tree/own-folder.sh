#!/bin/sh
# SPDX-License-Identifier: ISC
# Tests, and what they share with contrib, write into the build folder or
# where TMPDIR says: none names a common folder by itself, but for what is
# downloaded once for all.
set -eu
cd "${srcdir:-.}"

found=$(grep -rnE '/tmp/' tests contrib --include='*.sh' --include='*.[ch]' \
    --include='*.py' --include=quickstart --include=bench \
    --include='mail-*' --include=run --include=otlp-venv |
    grep -vE '/var/tmp/errand-(celery|gelf|keycloak|jaeger|mcp|otlp|pages|webhooks|NAME|\$1)-|[D/](tests|keycloak)/tmp|^tests/tree/own-folder') || true
[ -z "$found" ] || {
	echo "these name a common folder:"
	echo "$found"
	exit 1
}
