// SPDX-License-Identifier: ISC
// Where the pages, the service and the login are.

/** What pages.json says, with what it leaves open filled in. */
export interface Config {
	/** The issuer that people log in with. */
	authority: string;
	/** The public client that the pages are to the issuer. */
	clientId: string;
	/** The address of the service, without a slash at its end. */
	base: string;
}

/** All scripts lie in ui/assets below this address. */
export const ROOT = new URL("../..", import.meta.url);

async function json(url: URL): Promise<Record<string, unknown>> {
	const answer = await fetch(url, { headers: { Accept: "application/json" } });
	if (!answer.ok)
		throw new Error(`${url.pathname}: ${answer.status}`);
	return (await answer.json()) as Record<string, unknown>;
}

/** Reads pages.json.  Without an authority there, the service names it. */
export async function readConfig(): Promise<Config> {
	const file = await json(new URL("ui/pages.json", ROOT));
	const base = new URL(String(file.base || "."), ROOT).href.replace(/\/$/, "");
	let authority = String(file.authority || "");
	if (authority === "") {
		const resource = await json(
			new URL(base + "/.well-known/oauth-protected-resource"),
		);
		authority = String((resource.authorization_servers as unknown[])?.[0]);
	}
	return { authority, clientId: String(file.client_id), base };
}
