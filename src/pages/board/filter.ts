// SPDX-License-Identifier: ISC
// What the board shows: part of the title, and when tasks were created.
import { button, h } from "../lib/dom.ts";
import { text } from "../lib/text.ts";
import type { Task } from "../lib/api.ts";

function fold(words: string): string {
	return words.normalize("NFKC").toLocaleLowerCase();
}

export class Filter {
	readonly element: HTMLElement;
	private readonly fields = {
		title: h("input", { type: "search", name: "title", maxlength: "255",
		    dir: "auto" }),
		created_from: h("input", { type: "date", name: "created_from" }),
		created_to: h("input", { type: "date", name: "created_to" }),
	};
	private readonly mine = h("input", { type: "checkbox" });
	private timer = 0;

	constructor(private readonly me: string,
	    private readonly changed: () => void) {
		const { title, created_from, created_to } = this.fields;
		const given = new URLSearchParams(location.search);
		for (const [name, field] of Object.entries(this.fields))
			field.value = given.get(name) ?? "";
		this.mine.checked = given.get("created_by") === me;
		this.element = h("form", {
			role: "search",
			class: "filter",
			onsubmit: (event: SubmitEvent) => {
				event.preventDefault();
				this.now();
			},
			oninput: () => {
				clearTimeout(this.timer);
				this.timer = window.setTimeout(() => this.now(), 300);
			},
		},
		h("label", {}, text.search, title),
		h("label", {}, text.from, created_from),
		h("label", {}, text.to, created_to),
		h("label", { class: "check" }, this.mine, text.onlyMine),
		h("button", { type: "submit" }, text.filter),
		button(text.clear, () => {
			for (const field of Object.values(this.fields))
				field.value = "";
			this.mine.checked = false;
			this.now();
		}));
	}

	private now(): void {
		clearTimeout(this.timer);
		const query = this.query().toString();
		history.replaceState(null, "",
		    location.pathname + (query ? `?${query}` : ""));
		this.changed();
	}

	/** As the service wants it. */
	query(): URLSearchParams {
		const query = new URLSearchParams();
		for (const [name, field] of Object.entries(this.fields)) {
			if (field.value.trim() !== "")
				query.set(name, field.value);
		}
		if (this.mine.checked)
			query.set("created_by", this.me);
		return query;
	}

	/** Whether a task passes, as far as this page can tell. */
	passes(task: Task): boolean {
		const { title, created_from, created_to } = this.fields;
		const day = task.created_at.slice(0, 10);
		return (!this.mine.checked || task.created_by === this.me) &&
		    (title.value.trim() === "" ||
		    fold(task.title).includes(fold(title.value))) &&
		    (created_from.value === "" || day >= created_from.value) &&
		    (created_to.value === "" || day <= created_to.value);
	}
}
