// SPDX-License-Identifier: ISC
// The page of the API: Swagger UI, with the login that the other pages have.
import type { Api } from "../lib/api.ts";
import { byId, h } from "../lib/dom.ts";
import { begin } from "../lib/shell.ts";
import { text } from "../lib/text.ts";

interface Request {
	url: string;
	headers: Record<string, string>;
}

interface Swagger {
	preauthorizeApiKey(scheme: string, token: string): void;
}

declare const SwaggerUIBundle: (options: object) => Swagger;

interface Within {
	React: { createElement(name: string, props: null, text: string): unknown };
}

/** An address within the button that opens what it leads to would be a control
 * within a control. */
const plugin = {
	wrapComponents: {
		DeepLink: (_: unknown, { React }: Within) =>
			(props: { text: string }) =>
				React.createElement("span", null, props.text),
	},
};

/** What Swagger UI has no name for. */
const NAMES = [
	["#servers", text.server],
	[".copy-to-clipboard > button", text.copy],
	[".opblock-section-request-body textarea", text.body],
] as const;

/** Names it, and has headings follow one another by one. */
function mend(here: HTMLElement): void {
	for (const each of here.querySelectorAll("h3, h4, h5, h6"))
		each.setAttribute("aria-level", String(Number(each.tagName[1]) - 1));
	for (const row of here.querySelectorAll("[data-param-name]")) {
		for (const each of row.querySelectorAll("input, select, textarea"))
			each.setAttribute("aria-label",
			    row.getAttribute("data-param-name") ?? "");
	}
	for (const [which, name] of NAMES) {
		for (const each of here.querySelectorAll(which))
			each.setAttribute("aria-label", name);
	}
}

function show(api: Api): void {
	const here = h("div", { class: "api" });
	byId("content").replaceChildren(
	    h("h1", { class: "unseen" }, text.docs), here);
	new MutationObserver(() => mend(here)).observe(here,
	    { childList: true, subtree: true });
	const ui = SwaggerUIBundle({
		domNode: here,
		plugins: [plugin],
		// Its colours on its ground are hard to read.
		syntaxHighlight: false,
		url: api.base + "/openapi.json",
		deepLinking: true,
		tryItOutEnabled: true,
		validatorUrl: null,
		docExpansion: "list",
		defaultModelsExpandDepth: 0,
		// The token goes nowhere but to the service, and it is the newest.
		requestInterceptor: (request: Request) => {
			const to = new URL(request.url, location.href).href;
			if (api.login.in && to.startsWith(api.base + "/"))
				request.headers.Authorization = `Bearer ${api.login.token}`;
			return request;
		},
		onComplete: () => {
			if (api.login.in)
				ui.preauthorizeApiKey("bearer", api.login.token);
		},
	});
}

await begin("docs", async (shell) => show(shell.api), show);
