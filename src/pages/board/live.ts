// SPDX-License-Identifier: ISC
// Follows the changes of all tasks.  The feed says what changed; the stream,
// where there is one, says when to look.
import { Outage, Refusal, type Api, type Change, type Page } from "../lib/api.ts";
import { Ears } from "./ears.ts";

const SEEN = 2_000; // ms between two looks
const UNSEEN = 20_000;
const AWAY = 15_000;

export class Live {
	private cursor = "";
	private timer = 0;
	private looking = false;
	private again = false;
	private misses = 0;
	private readonly ears: Ears;

	constructor(
		private readonly api: Api,
		who: string,
		private readonly take: (changes: Change[]) => void,
		/** The cursor is void: all has to be read anew; gives another. */
		private readonly anew: () => Promise<string>,
	) {
		this.ears = new Ears(api, who, () => this.poke());
		document.addEventListener("visibilitychange", () => this.poke());
		addEventListener("online", () => this.poke());
	}

	/** Follows from there on. */
	from(cursor: string): void {
		this.cursor = cursor;
		this.plan(SEEN);
		void this.ears.begin();
	}

	/** Looks now. */
	poke(): void {
		this.plan(0);
	}

	private plan(wait: number): void {
		clearTimeout(this.timer);
		this.timer = window.setTimeout(() => void this.look(), wait);
	}

	private async look(): Promise<void> {
		if (this.looking) {
			this.again = true;
			return;
		}
		this.looking = true;
		try {
			await this.read();
			this.misses = 0;
		} catch (why) {
			this.misses++;
			if (why instanceof Refusal && why.status === 401)
				return;
			if (!(why instanceof Outage) && !(why instanceof Refusal))
				throw why;
		} finally {
			this.looking = false;
			this.plan(this.wait());
			this.again = false;
		}
	}

	private wait(): number {
		if (this.misses > 0)
			return Math.min(500 * 2 ** this.misses, AWAY);
		if (this.again)
			return 0;
		return document.hidden || this.ears.hears ? UNSEEN : SEEN;
	}

	private async read(): Promise<void> {
		for (;;) {
			const answer = await this.page();
			if (answer === null)
				return;
			this.take(answer.body.data);
			this.cursor = answer.body.next_cursor ?? this.cursor;
			if (!answer.headers.get("Link"))
				return;
		}
	}

	private async page() {
		try {
			return await this.api.call<Page<Change>>("/tasks/changes?limit=100" +
			    `&since=${encodeURIComponent(this.cursor)}`);
		} catch (why) {
			if (!(why instanceof Refusal) ||
			    (why.status !== 410 && why.status !== 422))
				throw why;
			this.cursor = await this.anew();
			return null;
		}
	}
}
