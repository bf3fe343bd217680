// SPDX-License-Identifier: ISC
// Listens to the stream of changes, once for all tabs of a browser: of HTTP/1.1 a
// browser makes six connections to a server, and with as many streams no tab
// would get any other answer.
//
// Who holds the lock has the stream, and passes on when something has changed;
// the lock is given on when that tab is hidden or gone.  A tab of somebody else
// may see other tasks: it hears nothing, and looks by the clock.
import type { Api } from "../lib/api.ts";

const NAME = "errand-stream";
const BETWEEN = 3_000; // ms between two tries, twice as long after each
const AWAY = 60_000;

type Word = "changed" | "listening" | "deaf" | "who";

export class Ears {
	/** Something says when there is a change. */
	hears = false;
	private readonly others = new BroadcastChannel(NAME);
	private stop = new AbortController();
	private here = false;

	constructor(
		private readonly api: Api,
		private readonly who: string,
		private readonly poke: () => void,
	) {
		this.others.onmessage = ({ data }) => {
			const word = data.word as Word;
			if (data.who === this.who)
				this.told(word);
			else if (word !== "who")
				this.hears = false;
		};
		document.addEventListener("visibilitychange", () => {
			if (document.hidden)
				this.stop.abort();
		});
	}

	private tell(word: Word): void {
		this.others.postMessage({ who: this.who, word });
	}

	/** Another tab of the same person says something. */
	private told(word: Word): void {
		if (word === "who") {
			if (this.here && this.hears)
				this.tell("listening");
			return;
		}
		this.hears = word !== "deaf";
		this.poke();
	}

	/** Listens as long as there is a stream. */
	async begin(): Promise<void> {
		for (let there = true; there && "locks" in navigator; ) {
			while (document.hidden)
				await new Promise((done) => document.addEventListener(
				    "visibilitychange", done, { once: true }));
			this.stop = new AbortController();
			this.tell("who");
			try {
				there = await navigator.locks.request(NAME,
				    { signal: this.stop.signal }, () => this.have());
			} catch {
				this.hears = false; // hidden while it waited
			}
		}
	}

	/** Has the stream until the tab is hidden; false: there is none. */
	private async have(): Promise<boolean> {
		const { signal } = this.stop;
		this.here = true;
		let there = true;
		for (let wait = BETWEEN; there && !signal.aborted; ) {
			try {
				there = await this.listen(signal);
				wait = BETWEEN;
			} catch {
				wait = Math.min(wait * 2, AWAY);
			}
			this.hears = false;
			this.tell("deaf");
			this.poke();
			if (there && !signal.aborted)
				await new Promise((done) => {
					setTimeout(done, wait);
					signal.addEventListener("abort", done, { once: true });
				});
		}
		this.here = false;
		return there;
	}

	/** Reads a stream to its end; false: there is none. */
	private async listen(signal: AbortSignal): Promise<boolean> {
		const answer = await fetch(this.api.base + "/tasks/stream", {
			headers: { Accept: "text/event-stream",
			    Authorization: `Bearer ${this.api.login.token}` },
			cache: "no-store",
			signal,
		});
		const type = answer.headers.get("Content-Type") ?? "";
		if (answer.status === 401 || answer.status >= 500)
			throw new Error(String(answer.status));
		if (!answer.body || !type.startsWith("text/event-stream"))
			return false;
		this.hears = true;
		this.tell("listening");
		const reader = answer.body.pipeThrough(new TextDecoderStream())
			.getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done)
				return true;
			if (/^(data|event)/m.test(value)) {
				this.tell("changed");
				this.poke();
			}
		}
	}
}
