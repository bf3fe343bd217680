// SPDX-License-Identifier: ISC
// Makes elements.  Text is only ever text: nothing here reads markup.

type Child = Node | string | null | undefined | false;
type Props = Record<string, string | boolean | null | undefined |
	((event: never) => void)>;

/** An element with attributes, listeners (onclick and the like), children. */
export function h<K extends keyof HTMLElementTagNameMap>(
	name: K,
	props: Props = {},
	...children: Child[]
): HTMLElementTagNameMap[K] {
	const made = document.createElement(name);
	apply(made, props, children);
	return made;
}

/** The same for SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
	name: K,
	props: Props = {},
	...children: Child[]
): SVGElementTagNameMap[K] {
	const made = document.createElementNS("http://www.w3.org/2000/svg", name);
	apply(made, props, children);
	return made;
}

function apply(made: Element, props: Props, children: Child[]): void {
	for (const [key, value] of Object.entries(props)) {
		if (typeof value === "function")
			made.addEventListener(key.slice(2), value as EventListener);
		else if (value === true)
			made.setAttribute(key, "");
		else if (value !== false && value !== null && value !== undefined)
			made.setAttribute(key, value);
	}
	made.append(...children.filter((each) => typeof each === "string" ||
	    each instanceof Node));
}

/** A button that does something here. */
export function button(
	text: string,
	onclick: () => void,
	props: Props = {},
): HTMLButtonElement {
	return h("button", { type: "button", onclick, ...props }, text);
}

/** Text whose addresses lead there, in a tab of their own. */
export function linked(text: string): (string | HTMLElement)[] {
	return text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/u).map(
	    (part, i) => i % 2 === 0 || !URL.canParse(part) ? part :
	        h("a", { href: part, target: "_blank", rel: "noreferrer" }, part));
}

/** The element with that id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
	const found = document.getElementById(id);
	if (found === null)
		throw new Error(`no #${id}`);
	return found as T;
}

const times = new Intl.DateTimeFormat(undefined, {
	dateStyle: "medium",
	timeStyle: "short",
});

/** A point in time, in words of whoever reads it. */
export function time(text: string): HTMLTimeElement {
	return h("time", { datetime: text, dir: "auto" }, times.format(new Date(text)));
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]] as const;

/** So many seconds, in the unit that fits. */
export function span(
	seconds: number,
	unitDisplay: "short" | "narrow" = "short",
): string {
	const [unit, size] = UNITS.find(([, size]) => seconds >= size) ??
	    ["second", 1];
	return new Intl.NumberFormat(undefined, { style: "unit", unit,
	    unitDisplay, maximumSignificantDigits: 2 })
		.format(seconds / size);
}

/** Tells those who do not see the screen. */
export function announce(text: string): void {
	byId("spoken").textContent = text;
}
