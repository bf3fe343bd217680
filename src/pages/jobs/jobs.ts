// SPDX-License-Identifier: ISC
// The jobs in the background, for administrators: which there are, by state and
// kind, one of them as a whole, and another try or an end for it, or for all.
import { Outage, Refusal, type Api, type Job, type Page } from "../lib/api.ts";
import { announce, button, byId, h, span, time } from "../lib/dom.ts";
import { begin, say, type Shell } from "../lib/shell.ts";
import { text } from "../lib/text.ts";
import { Overview } from "./overview.ts";

const STATES = ["queued", "published", "running", "retrying", "succeeded",
    "failed", "cancelled"];
/** What may be done in which state, as the service has it. */
const AGAIN = ["failed", "cancelled"];
const OVER = ["succeeded", "failed", "cancelled"];
const LIVE = 5_000;

function path(job: Job, act: string): string {
	return `/jobs/${job.id}${act}`;
}

/** How long the last run took, or takes until now. */
function took(job: Job): string {
	if (!job.started_at || (!job.finished_at && job.state !== "running"))
		return "";
	const end = job.finished_at ? Date.parse(job.finished_at) : Date.now();
	return span(Math.max(0, end - Date.parse(job.started_at)) / 1000);
}

class Jobs {
	private readonly api: Api;
	private readonly overview: Overview;
	private readonly state = h("select", { name: "state" },
	    h("option", { value: "" }, text.anyState),
	    ...STATES.map((each) => h("option", { value: each }, each)));
	private readonly kind = h("input", { name: "kind", type: "search",
	    autocomplete: "off" });
	private readonly rows = h("tbody");
	private readonly all = h("div", { class: "deeds" });
	private readonly more = button(text.more, () => void this.next(),
	    { class: "more", hidden: true });
	private jobs: Job[] = [];
	private cursor = "";
	private round = 0;
	private timer = 0;

	constructor(shell: Shell) {
		this.api = shell.api;
		this.overview = new Overview(this.api,
		    (state, kind) => this.choose(state, kind),
		    (id) => void this.show(id),
		    (n, left) => say(text.redriven(n, left), left > 0),
		    (why) => this.trouble(why));
		const given = new URLSearchParams(location.search);
		const state = given.get("state") ?? "";
		if (state !== "" && !STATES.includes(state))
			say(text.noState(state), true);
		else
			this.state.value = state;
		this.kind.value = given.get("kind") ?? "";
	}

	async start(): Promise<void> {
		try {
			await this.read();
			await this.overview.read();
		} catch (why) {
			if (why instanceof Refusal && why.status === 403)
				throw why;
			this.trouble(why);
		}
		const columns = [text.createdThen, text.kind, text.state,
		    text.attempts, text.took, text.lastError];
		const numbers = [text.attempts, text.took];
		byId("content").replaceChildren(
			h("h1", {}, text.jobs),
			this.overview.element,
			h("form", { class: "filter start", role: "search",
			    onsubmit: (event: SubmitEvent) => {
				event.preventDefault();
				void this.filtered();
			    },
			    onchange: () => void this.filtered() },
			    h("label", {}, text.state, this.state),
			    h("label", {}, text.kind, this.kind),
			    h("button", { type: "submit" }, text.filter)),
			this.all,
			h("div", { class: "table", tabindex: "0", role: "region",
			    "aria-label": text.jobs },
			    h("table", {}, h("thead", {}, h("tr", {}, ...columns.map(
			        (each) => h("th", { scope: "col",
			            class: numbers.includes(each) ? "number" : null },
			            each)))),
			    this.rows), this.more),
		);
		this.live();
	}

	/** Shows those of a state, of a kind, or of both. */
	private choose(state: string, kind: string): void {
		this.state.value = state;
		this.kind.value = kind;
		void this.filtered();
		this.state.focus();
	}

	/** The first page again in a while, if nobody has asked for others. */
	private live(): void {
		clearTimeout(this.timer);
		this.timer = window.setTimeout(async () => {
			if (!document.hidden) {
				await this.overview.read().catch(
				    (why: unknown) => this.trouble(why));
				if (!this.reading && this.jobs.length <= 50)
					await this.read(true).catch(
					    (why: unknown) => this.trouble(why));
			}
			this.live();
		}, LIVE);
	}

	/** Somebody is about to do something with a row. */
	private get reading(): boolean {
		return this.rows.contains(document.activeElement);
	}

	private query(): URLSearchParams {
		const query = new URLSearchParams();
		if (this.state.value !== "")
			query.set("state", this.state.value);
		if (this.kind.value.trim() !== "")
			query.set("kind", this.kind.value.trim());
		return query;
	}

	private async filtered(): Promise<void> {
		const query = this.query().toString();
		history.replaceState(null, "",
		    location.pathname + (query ? `?${query}` : ""));
		try {
			await this.read();
		} catch (why) {
			this.trouble(why);
		}
	}

	private ask(cursor: string, query = this.query()) {
		query.set("limit", "50");
		if (cursor !== "")
			query.set("cursor", cursor);
		return this.api.call<Page<Job>>(`/jobs?${query}`);
	}

	/** The first page; by itself: unless somebody has turned to a row. */
	private async read(byItself = false): Promise<void> {
		const round = ++this.round;
		const { body } = await this.ask("");
		if (round !== this.round || (byItself && this.reading))
			return;
		this.jobs = [];
		this.rows.replaceChildren();
		this.add(body);
		this.offer();
	}

	private async next(): Promise<void> {
		try {
			this.add((await this.ask(this.cursor)).body);
		} catch (why) {
			this.trouble(why);
		}
	}

	private add(page: Page<Job>): void {
		this.cursor = page.next_cursor ?? "";
		this.more.hidden = this.cursor === "";
		this.jobs.push(...page.data);
		if (this.jobs.length === 0)
			this.rows.append(h("tr", {}, h("td", { colspan: "6" }, text.noJobs)));
		this.rows.append(...page.data.map((job) => h("tr", {},
		    h("td", {}, time(job.created_at)),
		    h("th", { scope: "row" }, button(job.kind,
		        () => void this.show(job.id), { class: "title" })),
		    h("td", {}, job.state),
		    h("td", { class: "number" }, String(job.attempts)),
		    h("td", { class: "number" }, took(job)),
		    h("td", { dir: "auto" }, (job.last_error ?? "").slice(0, 120)))));
	}

	/** What can be done with all that the filter leaves.  A button that stays is
	 * not made anew: somebody may be pressing it. */
	private offer(): void {
		const state = this.state.value;
		const [what, act] = AGAIN.includes(state) ? [text.retryAll, "/retry"] :
		    state !== "" && !OVER.includes(state) && state !== "running" ?
		        [text.cancelAll, "/cancel"] : ["", ""];
		if (this.all.textContent === what)
			return;
		this.all.replaceChildren();
		if (what !== "")
			this.all.append(button(what, () => this.sure(what, act)));
	}

	private sure(what: string, act: string): void {
		const dialog = h("dialog", { "aria-labelledby": "sure",
		    onclose: () => dialog.remove() },
		    h("h2", { id: "sure" }, what),
		    h("p", {}, text.allOf(this.state.value, this.kind.value.trim())),
		    h("div", { class: "deeds" },
		        button(what, () => {
				dialog.close();
				void this.every(act);
			}, { class: "main" }),
		        button(text.close, () => dialog.close())));
		document.body.append(dialog);
		dialog.showModal();
	}

	/** One after the other; what has moved on by itself is left alone. */
	private async every(act: string): Promise<void> {
		// What was confirmed, though another filter may be chosen meanwhile.
		const query = this.query();
		let done = 0, cursor = "";
		try {
			do {
				const { body } = await this.ask(cursor, query);
				cursor = body.next_cursor ?? "";
				for (const job of body.data) {
					try {
						await this.api.call(path(job, act),
						    { method: "POST", body: {} });
						done++;
					} catch (why) {
						if (!(why instanceof Refusal) ||
						    (why.status !== 409 && why.status !== 404))
							throw why;
					}
				}
			} while (cursor !== "");
			say(text.doneWith(done), false);
		} catch (why) {
			this.trouble(why);
		}
		await this.filtered();
	}

	private trouble(why: unknown): void {
		if (why instanceof Outage)
			return; // the banner says it
		if (!(why instanceof Refusal))
			throw why;
		say(Object.values(why.fields).join(", ") || why.detail, true);
	}

	private async show(id: string): Promise<void> {
		let job: Job;
		try {
			job = (await this.api.call<Job>(`/jobs/${id}`)).body;
		} catch (why) {
			this.trouble(why);
			return;
		}
		const line = (name: string, value: Node | string | null) =>
			value ? [h("dt", {}, name), h("dd", { dir: "auto" }, value)] : [];
		const at = (when: string | null) => when && time(when);
		const act = (name: string, to: string) => button(name, () => {
			dialog.close();
			void this.one(job, to, name);
		}, { class: "main" });
		const dialog = h("dialog", { "aria-labelledby": "job",
		    onclose: () => dialog.remove() },
		    h("h2", { id: "job" }, `${job.kind}: ${job.state}`),
		    h("div", { class: "scroll", tabindex: "0", role: "region",
		        "aria-labelledby": "job" }, h("dl", {},
		        ...line("id", job.id), ...line(text.task, job.task_id),
		        ...line(text.attempts, String(job.attempts)),
		        ...line(text.deaths, job.deaths ? String(job.deaths) : null),
		        ...line(text.lastError, job.last_error),
		        ...line(text.worker, job.worker),
		        ...line(text.createdThen, at(job.created_at)),
		        ...line(text.due, at(job.run_at)),
		        ...line(text.held, job.held ? text.byLimit : null),
		        ...line(text.sent, at(job.published_at)),
		        ...line(text.begun, at(job.started_at)),
		        ...line(text.ended, at(job.finished_at)),
		        ...line(text.took, took(job)),
		        ...line(text.uniqueKey, job.unique_key),
		        ...line(text.priority, job.priority ? String(job.priority) : null),
		        ...line("X-Request-ID", job.request_id),
		        ...line(text.trace, job.trace_id),
		        ...line(text.args, h("pre", {},
		            JSON.stringify(job.args, null, 2))))),
		    h("div", { class: "deeds" },
		        AGAIN.includes(job.state) && act(text.retry, "/retry"),
		        !OVER.includes(job.state) && act(text.cancelJob, "/cancel"),
		        button(text.close, () => dialog.close())));
		document.body.append(dialog);
		dialog.showModal();
	}

	private async one(job: Job, act: string, name: string): Promise<void> {
		// One that runs is ended; the others only do not begin.
		const body = act === "/cancel" && job.state === "running" ?
		    { terminate: true } : {};
		try {
			await this.api.call(path(job, act), { method: "POST",
			    body: act === "/cancel" ? body : {} });
			announce(`${job.kind}: ${name}`);
		} catch (why) {
			this.trouble(why);
		}
		await this.filtered();
	}
}

await begin("jobs", (shell) => new Jobs(shell).start());
