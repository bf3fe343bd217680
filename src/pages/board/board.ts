// SPDX-License-Identifier: ISC
// The board: three columns of tasks that many people change at once.
import { Outage, Refusal, STATUSES, type Api, type Change, type Stats,
	type Status, type Task } from "../lib/api.ts";
import { announce, button, byId, h } from "../lib/dom.ts";
import { begin, say, type Shell } from "../lib/shell.ts";
import { text } from "../lib/text.ts";
import { fill, type Deeds } from "./card.ts";
import { Column } from "./column.ts";
import { compare, Edit } from "./edit.ts";
import { Filter } from "./filter.ts";
import { Form, type Values } from "./form.ts";
import { showHistory } from "./history.ts";
import { Live } from "./live.ts";

/** The statistics follow a change by a moment: they are read so many milliseconds
 * after it. */
const SETTLED = 3_000;
/** No page of a column is under way for longer, in milliseconds. */
const UNDER_WAY = 60_000;

class Board implements Deeds {
	private readonly cards = new Map<string, HTMLElement>();
	private readonly edits = new Map<string, Edit>();
	/** What was heard of tasks of late, oldest first; null: gone. */
	private readonly heard = new Map<string,
	    { task: Task | null; at: number }>();
	private readonly columns: Map<Status, Column>;
	private readonly filter: Filter;
	private readonly live: Live;
	private readonly api: Api;
	readonly mayRemove: boolean;
	private counting = 0;

	constructor(shell: Shell) {
		this.api = shell.api;
		this.filter = new Filter(shell.me.username, () => void this.reload());
		this.mayRemove = shell.me.roles.includes("admin");
		this.columns = new Map(STATUSES.map((each) => [each,
		    new Column(each, this.api, this.filter, (task) => this.card(task),
		        () => this.again())]));
		this.live = new Live(this.api, shell.me.subject,
		    (changes) => this.apply(changes), () => this.read());
	}

	async start(): Promise<void> {
		const columns = [...this.columns.values()];
		byId("content").replaceChildren(
			h("h1", { class: "unseen" }, text.board),
			h("div", { class: "tools" },
			    button(text.newTask, () => this.create(),
			        { class: "main", id: "new" }),
			    this.filter.element),
			h("div", { id: "making" }),
			h("p", { id: "keys", class: "unseen" }, text.keys),
			h("div", { class: "columns" },
			    ...columns.map((each) => each.element)),
		);
		for (const each of columns)
			this.droppable(each);
		this.live.from(await this.read());
	}

	/** Reads the first pages; returns from where on changes are to be read. */
	private async read(): Promise<string> {
		// The changes are followed from before the first page on: what is
		// told twice does no harm.
		let cursor: string | null = null;
		for (const each of this.columns.values()) {
			const behind = await each.reload();
			cursor ??= behind;
		}
		void this.count();
		return cursor ?? "";
	}

	private async reload(): Promise<void> {
		try {
			await Promise.all([...this.columns.values()].map(
			    (each) => each.reload()));
			say("", false);
		} catch (why) {
			this.trouble(why, text.filter);
		}
	}

	private async count(): Promise<void> {
		clearTimeout(this.counting);
		try {
			const { body } = await this.api.call<Stats>("/stats");
			for (const [status, column] of this.columns)
				column.total = body.by_status[status];
		} catch {
			// The numbers follow later.
		}
	}

	private find(id: string): Task | undefined {
		for (const column of this.columns.values()) {
			const found = column.tasks.find((each) => each.id === id);
			if (found)
				return found;
		}
		return undefined;
	}

	/** The element that shows the task; one that is edited stays so. */
	private card(task: Task): HTMLElement {
		let card = this.cards.get(task.id);
		if (card === undefined) {
			card = h("li", {
				ondragstart: (event: DragEvent) => {
					event.dataTransfer?.setData("text/plain", task.id);
					card?.classList.add("dragged");
				},
				ondragend: () => card?.classList.remove("dragged"),
			});
			this.cards.set(task.id, card);
		}
		const edit = this.edits.get(task.id);
		if (edit)
			edit.meanwhile(task);
		else
			this.fill(card, task);
		return card;
	}

	private fill(card: HTMLElement, task: Task): void {
		const focused = card.contains(document.activeElement);
		fill(card, task, this);
		if (focused)
			this.focus(task.id);
	}

	private focus(id: string): void {
		const card = this.cards.get(id);
		card?.querySelector<HTMLElement>("input, button")?.focus();
	}

	private droppable(column: Column): void {
		const to = column.element;
		to.addEventListener("dragover", (event) => {
			event.preventDefault();
			to.classList.add("over");
		});
		to.addEventListener("dragleave", () => to.classList.remove("over"));
		to.addEventListener("drop", (event) => {
			event.preventDefault();
			to.classList.remove("over");
			const id = event.dataTransfer?.getData("text/plain") ?? "";
			if (this.find(id))
				this.move(id, column.status);
		});
	}

	// --- changes ---

	private apply(changes: Change[]): void {
		for (const change of changes) {
			this.tally(change);
			if (change.task)
				this.take(change.task);
			else if (change.deleted) {
				this.hear(change.task_id, null);
				this.lose(change.task_id);
			}
		}
		if (changes.length === 0)
			return;
		clearTimeout(this.counting);
		this.counting = window.setTimeout(() => void this.count(), SETTLED);
	}

	/** The numbers of the columns follow a change at once. */
	private tally({ action, changes, task_id }: Change): void {
		const status = changes?.["status"] as Status | undefined |
		    { from: Status; to: Status };
		const shift = (which: Status | undefined, by: number) =>
			which && this.columns.get(which)?.shift(by);
		if (action === "deleted") {
			shift(this.find(task_id)?.status, -1);
		} else if (typeof status === "object") {
			shift(status.from, -1);
			shift(status.to, 1);
		} else if (action === "created") {
			shift(status, 1);
		}
	}

	/** Changes that came while a page was under way count more than the page. */
	private again(): void {
		const old = Date.now() - UNDER_WAY;
		for (const [id, { task, at }] of [...this.heard]) {
			if (at < old)
				this.heard.delete(id);
			else if (task)
				this.place(task);
			else if (this.find(id))
				this.lose(id);
		}
	}

	private hear(id: string, task: Task | null): void {
		this.heard.delete(id);
		this.heard.set(id, { task, at: Date.now() });
	}

	/** Shows a state of a task, unless a newer one is shown. */
	private take(task: Task): void {
		const before = this.heard.get(task.id);
		if (before?.task === null)
			return;
		if (!before?.task || before.task.updated_at <= task.updated_at)
			this.hear(task.id, task);
		this.place(task);
	}

	private place(task: Task): void {
		const known = this.find(task.id);
		if (known && known.updated_at > task.updated_at)
			return;
		const card = this.cards.get(task.id);
		const focused = !!card?.contains(document.activeElement);
		const stays = this.edits.has(task.id);
		for (const [status, column] of this.columns) {
			if (status !== task.status && !stays)
				column.drop(task.id);
		}
		if (stays)
			this.card(task);
		else if (this.filter.passes(task))
			this.columns.get(task.status)?.put(task);
		else
			this.lose(task.id);
		if (focused && !stays)
			this.focus(task.id);
	}

	private lose(id: string): void {
		const edit = this.edits.get(id);
		if (edit) {
			edit.vanished();
			return;
		}
		for (const column of this.columns.values())
			column.drop(id);
		this.cards.delete(id);
	}

	private trouble(why: unknown, what: string): void {
		if (why instanceof Outage)
			return; // the banner says it
		if (!(why instanceof Refusal))
			throw why;
		say(`${what}: ${Object.values(why.fields).join(", ") || why.detail}`,
		    true);
	}

	// --- deeds ---

	private create(): void {
		const making = byId("making");
		const close = () => {
			making.replaceChildren();
			byId("new").focus();
		};
		if (making.firstChild) {
			making.querySelector("input")?.focus();
			return;
		}
		const form = new Form({ title: "", description: null,
		    status: "pending" }, text.create, async () => {
			const { body } = await this.api.call<Task>("/tasks", {
				method: "POST",
				body: form.values,
				headers: { "Idempotency-Key": form.key },
			});
			close();
			this.take(body);
			announce(text.created(body.title));
			this.live.poke();
		}, close);
		making.replaceChildren(h("section", { class: "card new" },
		    h("h2", {}, text.newTask), form.element));
		form.focus();
	}

	edit(id: string): void {
		const task = this.find(id), card = this.cards.get(id);
		if (!task || !card || this.edits.has(id))
			return;
		const edit = new Edit(this.api, task, (now) => {
			this.edits.delete(id);
			if (now) {
				this.fill(card, now);
				this.take(now);
				this.focus(id);
			} else {
				this.lose(id);
			}
			this.live.poke();
		});
		this.edits.set(id, edit);
		card.draggable = false;
		card.className = "card edited";
		card.replaceChildren(edit.form.element);
		edit.form.focus();
	}

	move(id: string, to: Status): void {
		const task = this.find(id);
		if (task && task.status !== to && !this.edits.has(id))
			void this.moved(task, to);
	}

	/** Only from the very state that is shown: the tag is that state's. */
	private async moved(task: Task, to: Status): Promise<void> {
		const path = `/tasks/${task.id}`;
		try {
			const now = await this.api.call<Task>(path);
			if (now.body.updated_at !== task.updated_at) {
				this.clash(now.body, { ...task, status: to });
				return;
			}
			const { body } = await this.api.call<Task>(path, {
				method: "PATCH",
				body: { status: to },
				headers: { "If-Match": now.headers.get("ETag") ?? "",
				    "Content-Type": "application/merge-patch+json" },
			});
			this.take(body);
			announce(text.moved(body.title, text.status[to]));
			this.live.poke();
		} catch (why) {
			if (why instanceof Refusal && why.status === 404)
				this.lose(task.id);
			else if (why instanceof Refusal && why.status === 412)
				void this.moved(task, to);
			else
				this.trouble(why, text.notMoved(task.title));
		}
	}

	/** Somebody changed what is to be moved: both versions, and a choice. */
	private clash(now: Task, mine: Values): void {
		this.take(now);
		const dialog = h("dialog", { "aria-labelledby": "clash",
		    onclose: () => dialog.remove() },
		    h("h2", { id: "clash" }, text.conflict),
		    h("p", {}, text.conflictWhat), compare(mine, now, ""),
		    h("div", { class: "deeds" },
		        button(text.moveTo(text.status[mine.status]), () => {
				dialog.close();
				this.move(now.id, mine.status);
			}, { class: "main" }),
		        button(text.takeTheirs, () => dialog.close())));
		document.body.append(dialog);
		dialog.showModal();
	}

	history(id: string): void {
		const task = this.find(id);
		if (task)
			showHistory(this.api, task);
	}

	remove(id: string): void {
		const task = this.find(id);
		if (!task || this.edits.has(id))
			return;
		const dialog = h("dialog", { "aria-labelledby": "sure",
		    onclose: () => dialog.remove() },
		    h("h2", { id: "sure", dir: "auto" }, text.removeSure(task.title)),
		    h("div", { class: "deeds" },
		        button(text.remove, () => {
				dialog.close();
				void this.removed(task);
			}, { class: "main danger" }),
		        button(text.cancel, () => dialog.close())));
		document.body.append(dialog);
		dialog.showModal();
	}

	private async removed(task: Task): Promise<void> {
		const path = `/tasks/${task.id}`;
		try {
			const now = await this.api.call<Task>(path);
			if (now.body.updated_at !== task.updated_at) {
				this.take(now.body);
				say(text.changedMeanwhile, true);
				return;
			}
			await this.api.call(path, { method: "DELETE",
			    headers: { "If-Match": now.headers.get("ETag") ?? "" } });
		} catch (why) {
			if (!(why instanceof Refusal) || why.status !== 404) {
				this.trouble(why, text.remove);
				return;
			}
		}
		this.columns.get(task.status)?.shift(-1);
		this.lose(task.id);
		announce(text.removed(task.title));
		this.live.poke();
	}

	step(id: string, by: number): void {
		const column = [...this.columns.values()].find(
		    (each) => each.tasks.some((task) => task.id === id));
		const at = column?.tasks.findIndex((task) => task.id === id) ?? -1;
		const next = column?.tasks[at + by];
		if (next)
			this.focus(next.id);
	}
}

await begin("board", (shell) => new Board(shell).start());
