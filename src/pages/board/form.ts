// SPDX-License-Identifier: ISC
// The fields of a task, with what the service says of each beside it.
import { Outage, Refusal, STATUSES, type Status, type Task } from "../lib/api.ts";
import { button, h } from "../lib/dom.ts";
import { text } from "../lib/text.ts";

export interface Values {
	title: string;
	description: string | null;
	status: Status;
}

type Name = keyof Values;
let made = 0;

export class Form {
	readonly element: HTMLFormElement;
	/** Stands above the buttons: what went wrong, or a choice. */
	readonly notes = h("div", { class: "notes", role: "alert" });
	private readonly title: HTMLInputElement;
	private readonly description: HTMLTextAreaElement;
	private readonly status: HTMLSelectElement;
	private readonly faults: Record<Name, HTMLElement>;
	private readonly send: HTMLButtonElement;
	private sent = "";
	private sentAs = "";

	constructor(
		first: Values,
		act: string,
		submit: () => Promise<void>,
		cancel: () => void,
	) {
		const id = `form${++made}`;
		const fault = (name: Name) =>
			h("span", { class: "fault", id: `${id}-${name}` });
		this.faults = { title: fault("title"),
		    description: fault("description"), status: fault("status") };
		this.title = h("input", { name: "title", required: true,
		    dir: "auto", autocomplete: "off" });
		this.description = h("textarea", { name: "description", rows: "4",
		    dir: "auto" });
		this.status = h("select", { name: "status" }, ...STATUSES.map(
		    (each) => h("option", { value: each }, text.status[each])));
		this.fill(first);
		this.send = h("button", { type: "submit", class: "main" }, act);
		this.element = h("form", {
			class: "task",
			novalidate: true,
			onsubmit: (event: SubmitEvent) => {
				event.preventDefault();
				void this.submitted(submit);
			},
			onkeydown: (event: KeyboardEvent) => {
				if (event.key !== "Escape")
					return;
				event.stopPropagation();
				cancel();
			},
		},
		h("label", {}, text.title, this.title), this.faults.title,
		h("label", {}, text.description, this.description),
		this.faults.description,
		h("label", {}, text.statusLabel, this.status), this.faults.status,
		this.notes,
		h("div", { class: "deeds" }, this.send,
		    button(text.cancel, cancel)));
	}

	fill(values: Values): void {
		this.title.value = values.title;
		this.description.value = values.description ?? "";
		this.status.value = values.status;
	}

	get values(): Values {
		return {
			title: this.title.value,
			description: this.description.value || null,
			status: this.status.value as Status,
		};
	}

	/** The key of what the form has now: the same, sent again, is one request,
	 * and what was changed since is another. */
	get key(): string {
		const now = JSON.stringify(this.values);
		if (now !== this.sent)
			this.sentAs = crypto.randomUUID();
		this.sent = now;
		return this.sentAs;
	}

	/** What it has is on its way. */
	get busy(): boolean {
		return this.send.disabled;
	}

	focus(): void {
		this.title.focus();
	}

	private async submitted(submit: () => Promise<void>): Promise<void> {
		this.send.disabled = true;
		this.clear();
		try {
			await submit();
		} catch (why) {
			this.tell(why);
		} finally {
			this.send.disabled = false;
		}
	}

	clear(): void {
		this.notes.replaceChildren();
		for (const name of ["title", "description", "status"] as const) {
			this.faults[name].textContent = "";
			this[name].removeAttribute("aria-invalid");
			this[name].removeAttribute("aria-describedby");
		}
	}

	/** Shows what came instead of success; each fault at its field. */
	tell(why: unknown): void {
		if (why instanceof Outage) {
			this.notes.replaceChildren(h("p", {}, text.kept));
			return;
		}
		if (!(why instanceof Refusal))
			throw why;
		let first: HTMLElement | null = null;
		for (const name of ["title", "description", "status"] as const) {
			const fault = why.fields[name];
			if (fault === undefined)
				continue;
			this.faults[name].textContent = fault;
			this[name].setAttribute("aria-invalid", "true");
			this[name].setAttribute("aria-describedby", this.faults[name].id);
			first ??= this[name];
		}
		if (first)
			first.focus();
		else
			this.notes.replaceChildren(h("p", {}, text.notDone(why.detail)),
			    h("p", { class: "meta" }, text.request(why.requestId)));
	}
}

/** Only the values that are others than the task's. */
export function changed(task: Task, values: Values): Partial<Values> {
	const patch: Partial<Values> = {};
	if (values.title !== task.title)
		patch.title = values.title;
	// A text area has one sort of line ends only.
	if (values.description !==
	    (task.description?.replace(/\r\n?/g, "\n") || null))
		patch.description = values.description;
	if (values.status !== task.status)
		patch.status = values.status;
	return patch;
}
