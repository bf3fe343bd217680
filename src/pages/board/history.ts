// SPDX-License-Identifier: ISC
// Who changed a task, how and when.
import { Refusal, type Api, type Event, type Page, type Status, type Task }
	from "../lib/api.ts";
import { button, h, time } from "../lib/dom.ts";
import { text } from "../lib/text.ts";

function value(name: string, of: unknown): string {
	if (of === null || of === undefined || of === "")
		return text.empty;
	const word = String(of);
	return name === "status" ? text.status[word as Status] ?? word : word;
}

function lines(event: Event): HTMLElement[] {
	return Object.entries(event.changes ?? {}).map(([name, change]) => {
		const label = text.member[name] ?? name;
		const both = change as { from?: unknown; to?: unknown } | null;
		const said = event.action === "updated" ?
		    text.was(label, value(name, both?.from), value(name, both?.to)) :
		    text.is(label, value(name, change));
		return h("li", { dir: "auto" }, said);
	});
}

/** Shows the history of a task in a dialog. */
export function showHistory(api: Api, task: Task): void {
	const list = h("ol", { class: "events" });
	const trouble = h("p", { role: "alert" });
	let cursor = "";
	const load = async () => {
		try {
			const answer = await api.call<Page<Event>>(
			    `/tasks/${task.id}/events?limit=50` +
			    (cursor && `&cursor=${encodeURIComponent(cursor)}`));
			cursor = answer.body.next_cursor ?? "";
			list.append(...answer.body.data.map((each) => h("li", {},
			    h("p", {}, time(each.at), " ", h("bdi", {}, each.actor), " ",
			        text.action[each.action] ?? each.action),
			    h("ul", {}, ...lines(each)))));
			trouble.textContent = "";
		} catch (why) {
			trouble.textContent = why instanceof Refusal ? why.detail :
			    text.outage;
		}
		more.hidden = cursor === "";
	};
	const more = button(text.more, () => void load(), { hidden: true });
	const dialog = h("dialog", { "aria-labelledby": "history-title",
	    onclose: () => dialog.remove() },
	    h("h2", { id: "history-title", dir: "auto" },
	        text.historyOf(task.title)),
	    h("div", { class: "scroll", tabindex: "0", role: "region",
	        "aria-labelledby": "history-title" }, list, trouble, more),
	    h("div", { class: "deeds" }, button(text.close,
	        () => dialog.close(), { class: "main" })));
	document.body.append(dialog);
	dialog.showModal();
	void load();
}
