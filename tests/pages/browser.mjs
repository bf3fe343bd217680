// SPDX-License-Identifier: ISC
// Starts a browser, and has the words in which flows are told.
//
// DRIVER     the folder of contrib/browser-driver
// ERRAND_URL where the service and its pages are
// BROWSER    chromium, or firefox (Debian's, by WebDriver BiDi)
// PASSWORDS  {"alice": "...", ...}
// PATIENCE   how many times as long waits may take
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";

const need = createRequire(process.env.DRIVER + "/");
const browsers = need("playwright-core");
export const url = process.env.ERRAND_URL;
const passwords = JSON.parse(process.env.PASSWORDS);
const patience = Number(process.env.PATIENCE || 6);
const pictures = process.env.PICTURES || "";
let browser;
// The style with which the driver waits for Firefox before a picture: "body {}".
const DRIVERS = "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA=";
/** What no page may do: break its policy, or fail. */
export const faults = [];

export const firefox = process.env.BROWSER === "firefox";

export async function start() {
	const timeout = 20_000 * patience;
	browser = firefox ? await browsers.firefox.launch({ timeout,
		channel: "moz-firefox",
		// It asks nobody but the service, from its start on.
		firefoxUserPrefs: {
			"services.settings.server": "data:,#none/v1",
			"messaging-system.rsexperimentloader.enabled": false,
			"app.normandy.enabled": false,
			"browser.region.network.url": "",
			"network.connectivity-service.enabled": false,
			"network.captive-portal-service.enabled": false,
		},
		executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr",
	}) : await browsers.chromium.launch({ timeout,
		executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
		    "--no-first-run", "--disable-background-networking",
		    "--disable-component-update", "--disable-sync",
		    "--disable-dev-shm-usage"],
	});
}

export async function stop() {
	await browser?.close();
}

/** A page of somebody else's browser. */
export async function person(options = {}) {
	const context = await browser.newContext({
		viewport: { width: 1200, height: 800 }, locale: "en-GB", ...options,
	});
	context.setDefaultTimeout(10_000 * patience);
	const page = await context.newPage();
	page.on("pageerror", (why) => {
		if (!String(why.stack).includes(DRIVERS))
			faults.push(`${page.url()}: ${why.stack}`);
	});
	page.on("console", (said) => {
		if (/Content.Security.Policy|Refused to/.test(said.text()) &&
		    !said.text().includes(DRIVERS))
			faults.push(`${page.url()}: ${said.text()}`);
	});
	page.on("request", (asked) => {
		const to = new URL(asked.url());
		if (to.protocol.startsWith("http") && to.hostname !== "127.0.0.1")
			faults.push(`asks somebody else: ${to.href}`);
	});
	return page;
}

/** Types what the login page asks for, of this issuer or of Keycloak. */
export async function type(page, user, password = passwords[user]) {
	const form = page.locator("form");
	await form.locator('[name="username"]').fill(user);
	await form.locator('[name="password"]').fill(password);
	await form.locator('button, [type="submit"]').last()
		.click({ noWaitAfter: true });
}

/** Logs in, at a page that is open. */
export async function login(page, user, path = "/ui/") {
	await page.goto(url + path);
	await page.locator("#who, main").getByRole("button", { name: "Log in" })
		.first().click();
	await type(page, user);
	await page.getByRole("button", { name: "Log out" }).waitFor();
}

/** The card of that title, in that column if one is named. */
export function card(page, title, column = "") {
	const within = column ? `[data-status="${column}"] ` : "";
	return page.locator(`${within}.card`, {
		has: page.getByRole("button", { name: title, exact: true }),
	});
}

/** Puts a text into a field; keys take Firefox too long for ten thousand. */
export async function write(field, text) {
	if (!firefox || text.length < 300)
		return field.fill(text);
	await field.evaluate((element, text) => {
		element.focus();
		element.value = text;
		element.dispatchEvent(new InputEvent("input", { bubbles: true }));
	}, text);
}

/** Drags by the mouse; one that is driven begins no drag in Firefox, which gets
 * the events of one. */
export async function drag(page, from, to) {
	if (!firefox)
		return from.dragTo(to);
	const dataTransfer = await page.evaluateHandle(() => new DataTransfer());
	for (const [where, what] of [[from, "dragstart"], [to, "dragover"],
	    [to, "drop"], [from, "dragend"]])
		await where.dispatchEvent(what, { dataTransfer });
}

/** Creates a task by the form. */
export async function create(page, title, description = "") {
	await page.getByRole("button", { name: "New task" }).click();
	const form = page.locator("#making form");
	await form.getByLabel("Title").fill(title);
	await write(form.getByLabel("Description"), description);
	await form.getByRole("button", { name: "Create" }).click();
	await card(page, title).waitFor();
}

/** Calls the service as whoever is logged in there. */
export async function call(page, method, path, body) {
	return page.evaluate(async ([how, to, what]) => {
		const kept = Object.entries(sessionStorage).find(
		    ([name]) => name.startsWith("oidc.user:"));
		const answer = await fetch(to, {
			method: how,
			headers: { "Content-Type": "application/json",
			    Authorization: "Bearer " + JSON.parse(kept[1]).access_token },
			body: what === undefined ? undefined : JSON.stringify(what),
		});
		return { status: answer.status, text: await answer.text() };
	}, [method, path, body]);
}

/** The id of the task that a card shows. */
export async function idOf(page, title) {
	return card(page, title).first().getAttribute("data-id");
}

export function expect(what, sentence) {
	if (!what)
		throw new Error(`not so: ${sentence}`);
}

export async function picture(page, name) {
	if (pictures === "")
		return;
	mkdirSync(pictures, { recursive: true });
	await page.screenshot({ path: `${pictures}/${name}.png` });
}

/** Puts a script of the driver's into the page. */
async function put(page, script) {
	await page.evaluate(readFileSync(need.resolve(script), "utf8"));
}

/** Says what axe and pa11y's HTML_CodeSniffer find: nothing may be there. */
export async function judged(page, where) {
	await put(page, "axe-core/axe.min.js");
	const found = await page.evaluate(async () =>
		(await globalThis.axe.run(document, { resultTypes: ["violations"] }))
		.violations.map((each) => `${each.id}: ${each.help}: ` +
		    each.nodes.map((node) => node.target.join(" ")).join(", ")));
	expect(found.length === 0, `${where}: axe finds ${found.join("; ")}`);
	await put(page, "@pa11y/html_codesniffer/build/HTMLCS.js");
	const errors = await page.evaluate(() => new Promise((done) => {
		globalThis.HTMLCS.process("WCAG2AA", document, () => done(
		    globalThis.HTMLCS.getMessages().filter(({ type }) => type === 1)
			.map(({ code, msg, element }) =>
			    `${code}: ${msg}: ${element.outerHTML?.slice(0, 200)}`)));
	}));
	expect(errors.length === 0, `${where}: pa11y finds ${errors.join("\n")}`);
}

/** Runs flows one after the other, each a sentence and what is to be done. */
export async function run(flows) {
	let now = "the start";
	try {
		await start();
		for (const [sentence, flow] of flows) {
			now = sentence;
			await flow();
			expect(faults.length === 0, faults.join("\n"));
			console.log(`ok: ${sentence}`);
		}
	} catch (why) {
		console.log(`FAILED: ${now}: ${why.stack}`);
		process.exitCode = 1;
	} finally {
		await stop();
	}
}
