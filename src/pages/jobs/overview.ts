// SPDX-License-Identifier: ISC
// The work as a whole: states and kinds with their rates, what was put aside, and
// each pool with its children.
import type { Aside, Api, Page, Redriven, Summary, Worker } from "../lib/api.ts";
import { button, h, time } from "../lib/dom.ts";
import { text } from "../lib/text.ts";

const STATES = ["queued", "published", "running", "retrying", "failed"] as const;

const ENDS = ["done", "failed", "retried"] as const;
/** Rates are those of so many milliseconds. */
const WINDOW = 60_000;

/** Runs of one pool, by kind or by end, when it told of them. */
interface Count {
	at: number;
	runs: Record<string, number>;
}

function count(pool: Worker): Count {
	const runs: Record<string, number> = {};
	for (const each of pool.runs_by_kind ?? [])
		runs[`kind ${each.kind}`] = each.runs;
	for (const each of ENDS)
		runs[each] = pool.runs?.[each] ?? 0;
	return { at: Date.parse(pool.told_at ?? ""), runs };
}

function table(name: string, columns: string[], rows: HTMLElement[]): HTMLElement {
	return h("div", { class: "table", tabindex: "0", role: "region",
	    "aria-label": name }, h("table", {}, h("caption", {}, name),
	    h("thead", {}, h("tr", {}, ...columns.map((each, i) =>
	        h("th", { scope: "col", class: i > 0 ? "number" : null }, each)))),
	    h("tbody", {}, ...rows)));
}

function figure(name: string, value: string | Node): HTMLElement {
	return h("p", { class: "figure" }, h("span", {}, name),
	    h("b", {}, value));
}

export class Overview {
	readonly element = h("div", { class: "overview" });
	/** By pool: the last minute, oldest first. */
	private readonly told = new Map<string, Count[]>();

	constructor(
		private readonly api: Api,
		/** Shows the jobs of that state and kind. */
		private readonly choose: (state: string, kind: string) => void,
		private readonly show: (id: string) => void,
		private readonly redriven: (n: number, left: number) => void,
		private readonly trouble: (why: unknown) => void,
	) {}

	async read(): Promise<void> {
		const [summary, workers] = await Promise.all([
			this.api.call<Summary>("/jobs/summary"),
			this.workers(),
		]);
		if (workers)
			this.measure(workers);
		const { put_aside: aside } = summary.body;
		const list = aside ? await this.aside() : [];
		if (this.element.contains(document.activeElement))
			return; // somebody is about to do something here
		this.element.replaceChildren(
			this.figures(summary.body, workers ?? []),
			this.kinds(summary.body, workers ?? []),
			...this.queues(summary.body),
			workers === null ? h("p", { class: "none" }, text.noWorkersTold) :
			    this.pools(workers),
			...(list.length > 0 ? [this.asides(list)] : []),
		);
	}

	/** What the pools say; null: the broker is away. */
	private async workers(): Promise<Worker[] | null> {
		try {
			return (await this.api.call<Page<Worker>>("/workers")).body.data;
		} catch {
			return null;
		}
	}

	private async aside(): Promise<Aside[]> {
		try {
			return (await this.api.call<Page<Aside>>("/jobs/aside")).body.data;
		} catch {
			return [];
		}
	}

	/** Keeps what the pools tell for a while, and forgets those that are gone. */
	private measure(pools: Worker[]): void {
		const old = new Map(this.told);
		this.told.clear();
		for (const each of pools) {
			const id = `${each.node} ${each.pid} ${each.started_at}`;
			const now = count(each), before = old.get(id) ?? [];
			if (Number.isNaN(now.at))
				continue;
			if (now.at > (before.at(-1)?.at ?? 0))
				before.push(now);
			this.told.set(id, before.filter(
			    (one) => one.at >= now.at - WINDOW));
		}
	}

	/** Runs a minute of that kind, or with that end, in all pools. */
	private rate(what: string): string {
		let sum = 0, known = false;
		for (const told of this.told.values()) {
			const first = told[0], last = told.at(-1);
			if (!first || !last || first === last)
				continue;
			known = true;
			sum += ((last.runs[what] ?? 0) - (first.runs[what] ?? 0)) *
			    60_000 / (last.at - first.at);
		}
		return known ? sum.toFixed(sum < 10 ? 1 : 0) : text.notKnownYet;
	}

	private figures(all: Summary, pools: Worker[]): HTMLElement {
		const busy = pools.flatMap((each) => each.children ?? [])
			.filter((each) => each.kind).length;
		const children = pools.reduce((n, each) =>
		    n + (each.children?.length ?? 0), 0);
		return h("div", { class: "figures" },
		    ...STATES.map((each) => figure(each, button(
		        String(all.by_state[each]), () => this.choose(each, ""),
		        { class: "title", "aria-label": text.showJobs(each) }))),
		    ...ENDS.map((each) =>
		        figure(text.aMinute(text[each]), this.rate(each))),
		    figure(text.oldestDue, all.oldest_due_at ?
		        time(all.oldest_due_at) : text.nothing),
		    figure(text.children, `${busy} / ${children}`),
		    figure(text.putAside, String(all.put_aside ?? text.notKnownYet)));
	}

	private kinds(all: Summary, pools: Worker[]): HTMLElement {
		const ran = pools.flatMap((each) => each.runs_by_kind ?? []);
		const names = new Set([...all.kinds, ...ran].map((each) => each.kind));
		const rows = [...names].sort().map((kind) => {
			const found = all.kinds.find((each) => each.kind === kind);
			return h("tr", {}, h("th", { scope: "row" }, button(kind,
			    () => this.choose("", kind), { class: "title" })),
			    ...STATES.map((each) => h("td", { class: "number" },
			        String(found?.by_state[each] ?? 0))),
			    h("td", { class: "number" }, this.rate(`kind ${kind}`)));
		});
		return table(text.kinds, [text.kind, ...STATES, text.runsAMinute], rows);
	}

	/** What waits, by queue and priority; nothing if the broker does not say. */
	private queues({ queues }: Summary): HTMLElement[] {
		const steps = queues?.[0]?.waiting ?? [];
		return queues ? [table(text.queues, [text.queue,
		    ...steps.map((each) => text.ofPriority(each.priority))],
		    queues.map(({ queue, waiting }) => h("tr", {},
		        h("th", { scope: "row" }, h("bdi", {}, queue)),
		        ...waiting.map(({ messages }) =>
		            h("td", { class: "number" }, String(messages))))))] : [];
	}

	private pools(pools: Worker[]): HTMLElement {
		const children = (pool: Worker) => (pool.children ?? []).map((each) => {
			if (!each.kind)
				return h("li", {}, `${each.pid}: ${text.idle}`);
			return h("li", {}, `${each.pid}: `, button(each.kind,
			    () => this.show(each.job_id ?? ""), { class: "inline" }),
			    " ", each.started_at ? time(each.started_at) : "");
		});
		return table(text.pools, [text.pool, text.begun, text.done, text.failed,
		    text.retried], pools.map((each) => h("tr", {},
		    h("th", { scope: "row" }, h("bdi", {}, each.node),
		        h("p", { class: "meta" }, (each.queues ?? []).join(", ")),
		        h("ul", { class: "children" }, ...children(each))),
		    h("td", { class: "number" },
		        each.started_at ? time(each.started_at) : ""),
		    ...ENDS.map((name) =>
		        h("td", { class: "number" }, String(each.runs?.[name] ?? ""))))));
	}

	private asides(list: Aside[]): HTMLElement {
		const rows = list.map((each) => h("tr", {},
		    h("th", { scope: "row" }, each.kind ?? text.unreadable),
		    h("td", { dir: "auto" }, each.why ?? ""),
		    h("td", {}, each.at ? time(each.at) : ""),
		    h("td", {}, each.id && each.kind && button(text.redrive,
		        () => void this.redrive({ id: each.id ?? "" }),
		        { "aria-label": `${text.redrive}: ${each.kind} ${each.id}` }))));
		return h("section", {}, h("div", { class: "deeds" },
		    button(text.redriveAll, () => void this.redrive({}))),
		    h("div", { class: "table", tabindex: "0", role: "region",
		        "aria-label": text.putAside }, h("table", {},
		        h("caption", {}, text.putAside), h("thead", {}, h("tr", {},
		            ...[text.kind, text.why, text.since, text.deed].map(
		            (each) => h("th", { scope: "col" }, each)))),
		        h("tbody", {}, ...rows))));
	}

	/** As long as it goes on by itself. */
	private async redrive(what: { id?: string }): Promise<void> {
		let n = 0, left = 0;
		try {
			for (let more = true; more; ) {
				const { body } = await this.api.call<Redriven>(
				    "/jobs/redrive", { method: "POST", body: what });
				n += body.redriven;
				left = body.left;
				more = body.more && body.redriven > 0;
			}
			this.redriven(n, left);
		} catch (why) {
			this.trouble(why);
		}
		(document.activeElement as HTMLElement | null)?.blur();
		await this.read().catch(this.trouble);
	}
}
