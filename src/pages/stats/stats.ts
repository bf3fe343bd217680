// SPDX-License-Identifier: ISC
// Statistics: tasks by status, and what happened each day, as bars and a table.
import { STATUSES, type Stats } from "../lib/api.ts";
import { byId, h, svg } from "../lib/dom.ts";
import { begin, type Shell } from "../lib/shell.ts";
import { text } from "../lib/text.ts";

type Day = Stats["per_day"][number];
const WIDE = 720, HIGH = 260, LEFT = 40, FOOT = 24;

/** A round number that is not below n. */
function ceiling(n: number): number {
	const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
	return [1, 2, 4, 6, 8, 10].map((each) => each * power)
		.find((each) => each >= n) ?? n;
}

/** Two bars a day: full for created, hollow for completed. */
function plot(days: Day[]): SVGSVGElement {
	const top = ceiling(Math.max(4, ...days.flatMap(
	    (each) => [each.created, each.completed])));
	const step = (WIDE - LEFT) / days.length;
	const y = (n: number) => (HIGH - FOOT) - n / top * (HIGH - FOOT - 12);
	const bar = (name: string, x: number, n: number) => svg("rect", {
		class: name, x: x.toFixed(1), y: y(n).toFixed(1),
		width: (step * 0.4).toFixed(1),
		height: (HIGH - FOOT - y(n)).toFixed(1),
	});
	const marks = [0, top / 2, top].flatMap((n) => [
		svg("line", { class: "axis", x1: String(LEFT), x2: String(WIDE),
		    y1: String(y(n)), y2: String(y(n)), "stroke-dasharray": "2 4" }),
		svg("text", { x: String(LEFT - 6), y: String(y(n) + 4),
		    "text-anchor": "end" }, String(n)),
	]);
	const bars = days.flatMap((day, i) => {
		const x = LEFT + i * step;
		return [
			day.created > 0 && bar("solid", x + step * 0.08, day.created),
			day.completed > 0 &&
			    bar("hollow", x + step * 0.52, day.completed),
			i % 5 === 0 && svg("text", { x: x.toFixed(1),
			    y: String(HIGH - 6) }, day.day.slice(5)),
		].filter((each) => each !== false);
	});
	return svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img",
	    "aria-label": text.plotIs }, ...marks, ...bars);
}

function table(days: Day[]): HTMLElement {
	const columns = [text.createdThen, text.completedThen, text.deletedThen];
	return h("table", {}, h("caption", {}, text.perDay),
	    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, text.day),
	        ...columns.map((each) =>
	            h("th", { scope: "col", class: "number" }, each)))),
	    h("tbody", {}, ...days.map((each) => h("tr", {},
	        h("th", { scope: "row" }, each.day),
	        ...[each.created, each.completed, each.deleted].map((n) =>
	            h("td", { class: "number" }, String(n)))))));
}

async function show(shell: Shell): Promise<void> {
	const { body } = await shell.api.call<Stats>("/stats");
	const days = [...body.per_day].reverse();
	byId("content").replaceChildren(
		h("h1", {}, text.stats),
		h("div", { class: "figures" }, ...STATUSES.map((each) =>
		    h("p", { class: "figure" }, text.status[each],
		        h("b", {}, String(body.by_status[each]))))),
		h("h2", {}, text.perDay),
		h("div", { class: "beside" },
		    h("figure", { class: "plot" }, plot(days),
		        h("figcaption", {}, text.plotIs)),
		    h("div", { class: "table", tabindex: "0", role: "region",
		        "aria-label": text.perDay }, table(body.per_day))),
	);
}

await begin("stats", show);
