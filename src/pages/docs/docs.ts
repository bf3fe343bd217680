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

function show(api: Api): void {
	const here = h("div", { class: "api" });
	byId("content").replaceChildren(
	    h("h1", { class: "unseen" }, text.docs), here);
	const ui = SwaggerUIBundle({
		domNode: here,
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
