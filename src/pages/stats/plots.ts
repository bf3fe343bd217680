// SPDX-License-Identifier: ISC
// The plots of the statistics, readable without colour.
import type { Stats } from "../lib/api.ts";
import { span, svg } from "../lib/dom.ts";
import { text } from "../lib/text.ts";

export type Day = Stats["per_day"][number];
const WIDE = 720, HIGH = 260, LEFT = 48, FOOT = 24;

/** A round number that is not below n. */
function ceiling(n: number): number {
	const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
	return [1, 2, 4, 6, 8, 10].map((each) => each * power)
		.find((each) => each >= n) ?? n;
}

/** From nothing at the foot to 1 at the top. */
const height = (part: number) => (HIGH - FOOT) - part * (HIGH - FOOT - 16);
const width = (days: Day[]) => (WIDE - LEFT) / days.length;

/** A line across, and what it stands for. */
function mark(part: number, label: string): SVGElement[] {
	const y = height(part);
	return [
		svg("line", { class: "axis", x1: String(LEFT), x2: String(WIDE),
		    y1: y.toFixed(1), y2: y.toFixed(1), "stroke-dasharray": "2 4" }),
		svg("text", { x: String(LEFT - 6), y: (y + 4).toFixed(1),
		    "text-anchor": "end" }, label),
	];
}

function plot(days: Day[], label: string, parts: SVGElement[]): SVGSVGElement {
	const names = days.map((day, i) => i % 5 === 0 && svg("text",
	    { x: (LEFT + i * width(days)).toFixed(1), y: String(HIGH - 6) },
	    day.day.slice(5))).filter((each) => each !== false);
	return svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img",
	    "aria-label": label }, ...parts, ...names);
}

/** Two bars a day: full for created, hollow for completed. */
export function changes(days: Day[]): SVGSVGElement {
	const top = ceiling(Math.max(4, ...days.flatMap(
	    (each) => [each.created, each.completed])));
	const step = width(days);
	const bar = (name: string, x: number, n: number) => n > 0 && svg("rect", {
		class: name, x: x.toFixed(1), y: height(n / top).toFixed(1),
		width: (step * 0.4).toFixed(1),
		height: (height(0) - height(n / top)).toFixed(1),
	});
	const bars = days.flatMap((day, i) => [
		bar("solid", LEFT + (i + 0.08) * step, day.created),
		bar("hollow", LEFT + (i + 0.52) * step, day.completed),
	].filter((each) => each !== false));
	return plot(days, text.plotIs, [...[0, top / 2, top].flatMap(
	    (n) => mark(n / top, String(n))), ...bars]);
}

/** Seconds, minutes, hours and days, at even distances of their logarithm. */
const STEPS = [1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400,
	365 * 86400, 3650 * 86400];

/** A diamond a day at the median, with a line up to the 90th percentile. */
export function times(days: Day[]): SVGSVGElement {
	const all = days.flatMap((each) => each.seconds_to_completion ?? []);
	const first = STEPS.findLastIndex((each) => all.every(
	    (day) => day.median >= each));
	const last = STEPS.findIndex((each) => all.every(
	    (day) => day.p90 <= each));
	const marks = STEPS.slice(Math.max(first, 0),
	    last < 0 ? STEPS.length : Math.max(last, first + 1) + 1);
	const low = marks[0] ?? 1, high = marks.at(-1) ?? 1;
	const y = (n: number) => height(Math.log(Math.max(n, low) / low) /
	    Math.log(high / low));
	const step = width(days);
	const shapes = days.flatMap((day, i) => {
		const took = day.seconds_to_completion;
		if (!took)
			return [];
		const x = LEFT + (i + 0.5) * step, from = y(took.median);
		const to = y(took.p90), half = step * 0.3;
		return [
			svg("path", { class: "line", d: `M${x},${from}V${to}` +
			    `M${x - half},${to}h${2 * half}` }),
			svg("path", { class: "solid", d: `M${x - half},${from}` +
			    `l${half},${-half}l${half},${half}l${-half},${half}z` }),
		];
	});
	return plot(days, text.timesAre, [...marks.flatMap((each) =>
	    mark((height(0) - y(each)) / (height(0) - height(1)), span(each, "narrow"))),
	    ...shapes]);
}
