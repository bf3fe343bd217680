/* SPDX-License-Identifier: ISC */
/* The readers in the order of the log: each has its turn. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "log/log.h"

/* A batch costs the same, however many changes are in it. */
#define READ_EVERY (CLOCK_SECOND / 4)

/* A dump is restored once in a long while. */
#define REBASE_EVERY (10 * CLOCK_SECOND)

/* What came with a dump of another server is had first. */
static enum pg_err
relay_rebase(struct work *w, const struct reader *reader)
{
	enum pg_err err;
	bool rebased;

	err = reader_rebase(w->pg, reader, &rebased);
	if (err == PG_OK && rebased)
		log_warning("the log came from another server: its reader "
			    "begins anew behind what came with it",
		    LS("reader", reader->name));
	return err;
}

enum relay_result
relay_read(struct work *w, struct relay_readers *r, enum pg_err *err)
{
	enum relay_result rc = RELAY_IDLE;
	int64_t now = clock_mono_us();
	struct reader_step step;

	*err = PG_OK;
	for (int i = 0; i < READER__MAX; i++) {
		const struct reader *reader = &readers[i];

		if (reader->read == NULL || now < r->due[i])
			continue;
		*err = reader->read(w->pg, &step);
		if (*err == PG_OK && step.n == 0 && now >= r->rebase[i]) {
			*err = relay_rebase(w, reader);
			r->rebase[i] = now + REBASE_EVERY;
		}
		if (*err != PG_OK)
			return RELAY_BLOCKED;
		if (step.n > 0)
			log_debug("read the log", LS("reader", reader->name),
			    LI("events", (int64_t)step.n));
		if (step.more)
			rc = RELAY_BUSY;
		else
			r->due[i] = now + READ_EVERY;
		w->slot->progress++;
		arena_reset(w->arena);
	}
	return rc;
}
