#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis has no room left, or throws entries away at will: reads and writes go
# on, and nothing stale is read.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up

load_begin coherence --no-errors
step "Redis refuses to take more"
load_order hits
redis_q CONFIG SET maxmemory 1 >/dev/null
load_order writes
step "Redis throws away what it likes"
redis_q CONFIG SET maxmemory-policy allkeys-random >/dev/null
load_order writes
step "Redis forgets everything, again and again"
redis_q CONFIG SET maxmemory 0 >/dev/null
for _ in {1..20}; do
	redis_q FLUSHALL >/dev/null
	redis_q SCRIPT FLUSH >/dev/null
	load_order hits
done
load_order writes
load_end
