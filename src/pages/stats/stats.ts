// SPDX-License-Identifier: ISC
// Statistics: tasks by status, what happened each day, and how long tasks took,
// as plots and tables.
import { STATUSES, type Stats } from "../lib/api.ts";
import { byId, h, span } from "../lib/dom.ts";
import { begin, type Shell } from "../lib/shell.ts";
import { text } from "../lib/text.ts";
import { changes, type Day, times } from "./plots.ts";

const NUMBERS = ["created", "completed", "deleted"] as const;

function table(name: string, columns: string[], rows: HTMLElement[]): HTMLElement {
	return h("div", { class: "table", tabindex: "0", role: "region",
	    "aria-label": name }, h("table", {}, h("caption", { class: "unseen" }, name),
	    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, text.day),
	        ...columns.map((each) =>
	            h("th", { scope: "col", class: "number" }, each)))),
	    h("tbody", {}, ...rows)));
}

function row(day: Day, cells: string[]): HTMLElement {
	return h("tr", {}, h("th", { scope: "row" }, day.day),
	    ...cells.map((each) => h("td", { class: "number" }, each)));
}

function beside(plot: SVGSVGElement, label: string, table: HTMLElement) {
	return h("div", { class: "beside" }, h("figure", { class: "plot" }, plot,
	    h("figcaption", {}, label)), table);
}

function counts(newest: Day[], oldest: Day[]): HTMLElement {
	return beside(changes(oldest), text.plotIs, table(text.perDay,
	    [text.createdThen, text.completedThen, text.deletedThen],
	    newest.map((day) => row(day,
	        NUMBERS.map((each) => String(day[each]))))));
}

/** Days on which nothing was completed have no row. */
function spans(newest: Day[], oldest: Day[]): HTMLElement {
	const rows = newest.flatMap((day) => day.seconds_to_completion ?
	    [row(day, [span(day.seconds_to_completion.median),
	        span(day.seconds_to_completion.p90)])] : []);
	if (rows.length === 0)
		return h("p", { class: "none" }, text.noTimes);
	return beside(times(oldest), text.timesAre, table(text.times,
	    [text.medianThen, text.p90Then], rows));
}

async function show(shell: Shell): Promise<void> {
	const { body } = await shell.api.call<Stats>("/stats");
	const newest = body.per_day, oldest = [...newest].reverse();
	byId("content").replaceChildren(
		h("h1", {}, text.stats),
		h("div", { class: "figures" }, ...STATUSES.map((each) =>
		    h("p", { class: "figure" }, text.status[each],
		        h("b", {}, String(body.by_status[each]))))),
		h("h2", {}, text.perDay),
		counts(newest, oldest),
		h("h2", {}, text.times),
		spans(newest, oldest),
	);
}

await begin("stats", show);
