// SPDX-License-Identifier: ISC
// Changes a task in its place, and never over somebody else's change.
import { Refusal, type Answer, type Api, type Page, type Event, type Task }
	from "../lib/api.ts";
import { announce, button, h } from "../lib/dom.ts";
import { text } from "../lib/text.ts";
import { changed, Form, type Values } from "./form.ts";

/** Two versions side by side; what differs is marked. */
export function compare(mine: Values, theirs: Values, who: string): HTMLElement {
	const side = (name: string, of: Values, than: Values) =>
		h("section", {}, h("h3", {}, name), h("dl", {},
		    ...(["title", "description", "status"] as const).flatMap((each) => {
			const shown = each === "status" ? text.status[of.status] :
			    of[each];
			const differs = of[each] !== than[each];
			return [h("dt", {}, text.member[each] ?? each),
			    h("dd", { dir: "auto" }, differs ?
			        h("mark", {}, shown || text.empty) :
			        shown || text.empty)];
		    })));
	return h("div", { class: "versions" }, side(text.mine, mine, theirs),
	    side(text.theirs(who), theirs, mine));
}

/** Who changed it last, or "". */
async function lastActor(api: Api, id: string): Promise<string> {
	try {
		const answer = await api.call<Page<Event>>(
		    `/tasks/${id}/events?limit=1`);
		return answer.body.data[0]?.actor ?? "";
	} catch {
		return "";
	}
}

export class Edit {
	readonly form: Form;
	private tag = "";
	/** As it was last heard of; null: it is gone. */
	private newest: Task | null;

	/** The task is as it was shown; done is told what it is at the end. */
	constructor(
		private readonly api: Api,
		private task: Task,
		private readonly done: (task: Task | null) => void,
	) {
		this.newest = task;
		this.form = new Form(task, text.save, () => this.save(),
		    () => done(this.newest));
	}

	/** A change came while it was being edited; one that was made by this very
	 * form is told by its answer. */
	meanwhile(task: Task): void {
		if (this.newest && task.updated_at <= this.newest.updated_at)
			return;
		this.newest = task;
		// A choice that is shown stays: it is judged anew when it is made.
		if (!this.form.busy && !this.form.notes.firstChild)
			this.form.notes.replaceChildren(
			    h("p", {}, text.changedMeanwhile));
	}

	/** It was deleted while it was being edited. */
	vanished(): void {
		if (this.newest === null)
			return;
		this.newest = null;
		if (!this.form.busy)
			this.gone();
	}

	private get path(): string {
		return `/tasks/${this.task.id}`;
	}

	/** The tag of the very state that was shown; false: that is not it. */
	private async know(): Promise<boolean> {
		const now = await this.api.call<Task>(this.path);
		this.tag = now.headers.get("ETag") ?? "";
		if (now.body.updated_at === this.task.updated_at)
			return true;
		await this.conflict(now);
		return false;
	}

	private async save(): Promise<void> {
		try {
			if (this.tag !== "" || (await this.know()))
				await this.patch();
		} catch (why) {
			if (!(why instanceof Refusal))
				throw why;
			if (why.status === 412)
				await this.conflict(await this.api.call<Task>(this.path));
			else if (why.status === 404)
				this.gone();
			else
				throw why;
		}
	}

	private async patch(): Promise<void> {
		const patch = changed(this.task, this.form.values);
		if (Object.keys(patch).length === 0) {
			this.done(this.newest);
			return;
		}
		const answer = await this.api.call<Task>(this.path, {
			method: "PATCH",
			body: patch,
			headers: { "If-Match": this.tag,
			    "Content-Type": "application/merge-patch+json" },
		});
		announce(text.saved(answer.body.title));
		this.done(answer.body);
	}

	private async conflict(now: Answer<Task>): Promise<void> {
		const mine = this.form.values;
		const who = await lastActor(this.api, this.task.id);
		this.tag = now.headers.get("ETag") ?? "";
		this.task = this.newest = now.body;
		this.form.notes.replaceChildren(
			h("h3", {}, text.conflict),
			h("p", {}, text.conflictWhat),
			compare(mine, now.body, who),
			h("div", { class: "deeds" },
			    button(text.takeMine, () => {
				this.form.clear();
				this.form.element.requestSubmit();
			    }, { class: "main" }),
			    button(text.takeTheirs, () => this.done(this.newest)),
			    button(text.goOn, () => {
				this.form.clear();
				this.form.focus();
			    })),
		);
	}

	private gone(): void {
		this.newest = null;
		this.form.notes.replaceChildren(
			h("p", {}, text.gone),
			button(text.goneNew, () => void this.again()),
			button(text.close, () => this.done(null)),
		);
	}

	private async again(): Promise<void> {
		try {
			const answer = await this.api.call<Task>("/tasks", {
				method: "POST",
				body: this.form.values,
				headers: { "Idempotency-Key": this.form.key },
			});
			this.done(null);
			announce(text.created(answer.body.title));
		} catch (why) {
			this.form.tell(why);
		}
	}
}
