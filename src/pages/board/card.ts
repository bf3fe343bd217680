// SPDX-License-Identifier: ISC
// A task as the board shows it.
import { STATUSES, type Status, type Task } from "../lib/api.ts";
import { button, h, linked, time } from "../lib/dom.ts";
import { text } from "../lib/text.ts";

/** What can be done with a card. */
export interface Deeds {
	edit(id: string): void;
	move(id: string, to: Status): void;
	history(id: string): void;
	remove(id: string): void;
	/** Puts the focus on the card before (-1) or behind (1). */
	step(id: string, by: number): void;
	readonly mayRemove: boolean;
}

/** The status beside another one; undefined at the edge. */
export function beside(status: Status, by: number): Status | undefined {
	return STATUSES[STATUSES.indexOf(status) + by];
}

function keys(task: Task, deeds: Deeds, event: KeyboardEvent): void {
	if (event.altKey || event.ctrlKey || event.metaKey)
		return;
	const forth = document.dir === "rtl" ? -1 : 1;
	const side = { ArrowRight: forth, ArrowLeft: -forth }[event.key];
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	const to = side && beside(task.status, side);
	if (to)
		deeds.move(task.id, to);
	else if (step)
		deeds.step(task.id, step);
	else if (event.key === "Delete" && deeds.mayRemove)
		deeds.remove(task.id);
	else if (event.key === "h" || event.key === "H")
		deeds.history(task.id);
	else
		return;
	event.preventDefault();
}

function moves(task: Task, deeds: Deeds): HTMLElement[] {
	const made: HTMLElement[] = [];
	const add = (sign: string, to: Status) => made.push(button(sign,
	    () => deeds.move(task.id, to), {
	    class: sign === "✓" ? null : "side",
	    title: text.moveTo(text.status[to]),
	    "aria-label": `${text.moveTo(text.status[to])}: ${task.title}` }));
	for (const by of [-1, 1]) {
		const to = beside(task.status, by);
		if (to === undefined)
			continue;
		add(by === -1 ? "←" : "→", to);
	}
	if (task.status === "pending")
		add("✓", "completed");
	return made;
}

/** As much as a card may show; an address that is cut off leads nowhere. */
function beginning(description: string): string {
	return description.length <= 600 ? description :
	    description.slice(0, 600).replace(/https?:\S*$/, "…");
}

/** Additional data, a line each; what is long is cut off. */
function extras(extra: Record<string, unknown>): HTMLElement[] {
	const cut = (value: string) =>
	    value.length <= 100 ? value : `${value.slice(0, 100)}…`;
	return Object.entries(extra).slice(0, 12).map(([name, value]) =>
	    h("div", { dir: "auto" }, h("dt", {}, cut(name)), " ",
	        h("dd", {}, cut(typeof value === "string" ? value :
	            JSON.stringify(value)))));
}

/** Fills the card with what the task is now. */
export function fill(card: HTMLElement, task: Task, deeds: Deeds): void {
	const label = (what: string) => `${what}: ${task.title}`;
	card.className = "card";
	card.draggable = true;
	card.dataset.id = task.id;
	card.replaceChildren(
		h("h3", {}, h("button", {
			type: "button",
			class: "title",
			dir: "auto",
			"aria-describedby": "keys",
			onclick: () => deeds.edit(task.id),
			onkeydown: (event: KeyboardEvent) => keys(task, deeds, event),
		}, task.title)),
		task.description ?
		    h("p", { class: "description", dir: "auto" },
		        ...linked(beginning(task.description))) : "",
		task.extra ? h("dl", {}, ...extras(task.extra)) : "",
		h("p", { class: "meta" }, time(task.created_at), " ",
		    h("bdi", {}, text.by(task.created_by))),
		h("div", { class: "deeds" },
		    ...moves(task, deeds),
		    button(text.edit, () => deeds.edit(task.id),
		        { "aria-label": label(text.edit) }),
		    button(text.history, () => deeds.history(task.id),
		        { "aria-label": label(text.history) }),
		    deeds.mayRemove && button(text.remove,
		        () => deeds.remove(task.id),
		        { "aria-label": label(text.remove) })),
	);
}
