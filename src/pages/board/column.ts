// SPDX-License-Identifier: ISC
// One column of the board: the tasks of one status, newest first.
import type { Api, Page, Status, Task } from "../lib/api.ts";
import { button, h } from "../lib/dom.ts";
import { text } from "../lib/text.ts";
import type { Filter } from "./filter.ts";

const PAGE = 20;

/** Newest first; the id makes the order total. */
export function before(a: Task, b: Task): boolean {
	return a.created_at !== b.created_at ?
	    a.created_at > b.created_at : a.id > b.id;
}

export class Column {
	readonly element: HTMLElement;
	readonly list = h("ul", { class: "cards" });
	private readonly count = h("span", { class: "count" });
	private readonly none = h("p", { class: "none", hidden: true }, text.none);
	private readonly more: HTMLButtonElement;
	private cursor: string | null = null;
	private loading: Promise<void> | null = null;
	private round = 0;
	private number: number | null = null;
	/** In the order in which they are shown. */
	tasks: Task[] = [];

	constructor(
		readonly status: Status,
		private readonly api: Api,
		private readonly filter: Filter,
		private readonly show: (task: Task) => HTMLElement,
		/** Called when tasks were loaded: they may be older than changes that
		 * came meanwhile. */
		private readonly loaded: () => void,
	) {
		const id = `column-${status}`;
		this.more = button(text.more, () => void this.load(), { class: "more" });
		this.element = h("section", { class: "column", "data-status": status,
		    "aria-labelledby": id },
		    h("h2", { id }, text.status[status], " ", this.count),
		    this.list, this.none, this.more);
		new IntersectionObserver((seen) => {
			if (seen.some((each) => each.isIntersecting) && this.tasks.length)
				void this.load();
		}, { rootMargin: "200px" }).observe(this.more);
	}

	set total(n: number) {
		this.number = n;
		this.count.textContent = String(n);
		this.count.setAttribute("aria-label", text.counted(n));
	}

	/** So many more, or fewer, if it is known how many there were. */
	shift(by: number): void {
		if (this.number !== null)
			this.total = Math.max(0, this.number + by);
	}

	private settle(): void {
		this.more.hidden = this.cursor === null;
		this.none.hidden = this.tasks.length > 0 || this.cursor !== null;
	}

	/** The first page again; returns the cursor of the changes behind it. */
	async reload(): Promise<string | null> {
		const round = ++this.round;
		const answer = await this.ask("");
		if (round !== this.round)
			return null;
		this.tasks = answer.body.data;
		this.cursor = answer.body.next_cursor;
		this.list.replaceChildren(...this.tasks.map(this.show));
		this.settle();
		this.loaded();
		return answer.headers.get("X-Changes-Cursor");
	}

	private ask(cursor: string) {
		const query = this.filter.query();
		query.set("status", this.status);
		query.set("limit", String(PAGE));
		if (cursor !== "")
			query.set("cursor", cursor);
		return this.api.call<Page<Task>>(`/tasks?${query}`);
	}

	/** The next page; one at a time. */
	load(): Promise<void> {
		this.loading ??= this.next().catch(() => {}).finally(() => {
			this.loading = null;
		});
		return this.loading;
	}

	private async next(): Promise<void> {
		if (this.cursor === null)
			return;
		const round = this.round;
		const answer = await this.ask(this.cursor);
		if (round !== this.round)
			return;
		this.cursor = answer.body.next_cursor;
		for (const task of answer.body.data)
			this.add(task);
		this.settle();
		this.loaded();
	}

	/** Whether it lies within what is loaded. */
	private covers(task: Task): boolean {
		const last = this.tasks.at(-1);
		return this.cursor === null || (!!last && before(task, last));
	}

	/** Adds a task, or puts another state of it in its place. */
	put(task: Task): void {
		if (this.tasks.some((each) => each.id === task.id) ||
		    this.covers(task))
			this.add(task);
		this.settle();
	}

	private add(task: Task): void {
		const at = this.tasks.findIndex((each) => each.id === task.id);
		const card = this.show(task);
		if (at !== -1) {
			this.tasks[at] = task;
			if (card.parentNode === this.list)
				return;
			// A page of another column had it, too.
			this.tasks.splice(at, 1);
		}
		const next = this.tasks.find((each) => before(task, each));
		this.tasks.splice(next ? this.tasks.indexOf(next) :
		    this.tasks.length, 0, task);
		this.list.insertBefore(card, next ? this.card(next.id) : null);
	}

	/** What is here of that task. */
	private card(id: string): Element | null {
		return this.list.querySelector(`:scope > [data-id="${CSS.escape(id)}"]`);
	}

	/** Takes a task out; false: it was not here. */
	drop(id: string): boolean {
		const at = this.tasks.findIndex((each) => each.id === id);
		if (at === -1)
			return false;
		this.tasks.splice(at, 1);
		this.card(id)?.remove();
		this.settle();
		return true;
	}
}
