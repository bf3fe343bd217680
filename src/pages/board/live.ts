// SPDX-License-Identifier: ISC
// Follows the changes of all tasks.  The feed says what changed; the stream,
// where there is one, says when to look.
import { Outage, Refusal, type Api, type Change, type Page } from "../lib/api.ts";

const SEEN = 2_000; // ms between two looks
const UNSEEN = 20_000;
const AWAY = 15_000;

export class Live {
	private cursor = "";
	private timer = 0;
	private looking = false;
	private again = false;
	private misses = 0;
	private streamed = false;
	private ears = new AbortController();

	constructor(
		private readonly api: Api,
		private readonly take: (changes: Change[]) => void,
		/** The cursor is void: all has to be read anew; gives another. */
		private readonly anew: () => Promise<string>,
	) {
		document.addEventListener("visibilitychange", () => {
			if (document.hidden)
				this.ears.abort();
			this.poke();
		});
		addEventListener("online", () => this.poke());
	}

	/** Follows from there on. */
	from(cursor: string): void {
		this.cursor = cursor;
		this.plan(SEEN);
		void this.stream();
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
		return document.hidden || this.streamed ? UNSEEN : SEEN;
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

	/** Where there is a stream, each thing that it says is a poke.  A tab that
	 * nobody sees has none: of HTTP/1.1 a browser makes six connections to a
	 * server, and with as many streams no other tab would get any answer. */
	private async stream(): Promise<void> {
		for (let misses = 0; misses < 3; ) {
			while (document.hidden)
				await new Promise((done) => document.addEventListener(
				    "visibilitychange", done, { once: true }));
			this.ears = new AbortController();
			try {
				if (await this.listen())
					misses = 0;
				else
					return;
			} catch {
				misses += this.ears.signal.aborted ? 0 : 1;
			}
			this.streamed = false;
			this.poke();
			await new Promise((done) => setTimeout(done, 3_000));
		}
	}

	/** Reads a stream to its end; false: there is none. */
	private async listen(): Promise<boolean> {
		const answer = await fetch(this.api.base + "/tasks/stream", {
			headers: { Accept: "text/event-stream",
			    Authorization: `Bearer ${this.api.login.token}` },
			cache: "no-store",
			signal: this.ears.signal,
		});
		const type = answer.headers.get("Content-Type") ?? "";
		if (answer.status !== 200 || !answer.body ||
		    !type.startsWith("text/event-stream"))
			return answer.status === 401 || answer.status >= 500;
		this.streamed = true;
		const reader = answer.body.pipeThrough(new TextDecoderStream())
			.getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done)
				return true;
			if (/^(data|event)/m.test(value))
				this.poke();
		}
	}
}
