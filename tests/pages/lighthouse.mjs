// SPDX-License-Identifier: ISC
// Has Lighthouse judge each page, as an administrator sees it, for accessibility
// and best practices: both are to be 100.  Names of pages leave out the others.  The
// variables are those of browser.mjs, and:
//
// LIGHTHOUSE the folder of contrib/browser-driver --lighthouse
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const need = createRequire(process.env.LIGHTHOUSE + "/");
const { default: lighthouse } = await import(
    pathToFileURL(need.resolve("lighthouse")));
const puppeteer = need("puppeteer-core");
const url = process.env.ERRAND_URL, reports = process.env.PICTURES || "";
const password = JSON.parse(process.env.PASSWORDS).root;
const limit = 20_000 * Number(process.env.PATIENCE || 6);
const only = process.argv.slice(2);
const PAGES = { welcome: "/ui/", board: "/ui/", statistics: "/ui/stats/",
    jobs: "/ui/jobs/", api: "/docs/" };

async function login(page) {
	await page.goto(url + "/ui/");
	await page.locator("main button").click();
	await page.locator('[name="username"]').fill("root");
	await page.locator('[name="password"]').fill(password);
	await page.locator("form button, form [type=submit]").click();
	await page.waitForSelector("#who span");
}

/** Says what keeps the page from 100, if anything does. */
async function judge(page, name) {
	const { lhr, report } = await lighthouse(url + PAGES[name], {
		onlyCategories: ["accessibility", "best-practices"],
		formFactor: "desktop", screenEmulation: { disabled: true },
		throttlingMethod: "provided", disableStorageReset: true,
		maxWaitForLoad: limit, output: "html", logLevel: "error",
	}, undefined, page);
	if (reports !== "")
		writeFileSync(`${reports}/lighthouse-${name}.html`, report);
	let good = true;
	for (const each of Object.values(lhr.categories)) {
		const why = each.auditRefs.filter(({ id, weight }) => weight > 0 &&
		    lhr.audits[id].score !== null && lhr.audits[id].score < 1);
		good &&= each.score === 1;
		console.log(`${each.score === 1 ? "ok" : "FAILED"}: ${name}: ` +
		    `${each.title} ${Math.round(each.score * 100)} ` +
		    why.map(({ id }) => `${lhr.audits[id].title}: ` +
		        JSON.stringify(lhr.audits[id].details?.items)).join("; "));
	}
	return good;
}

if (reports !== "")
	mkdirSync(reports, { recursive: true });
const browser = await puppeteer.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
	timeout: limit, protocolTimeout: limit,
	defaultViewport: { width: 1200, height: 800 },
});
try {
	const page = await browser.newPage();
	page.setDefaultTimeout(limit);
	let known = false;
	for (const name of Object.keys(PAGES)) {
		if (only.length > 0 && !only.includes(name))
			continue;
		if (name !== "welcome" && !known) {
			await login(page);
			known = true;
		}
		if (!await judge(page, name))
			process.exitCode = 1;
	}
} finally {
	await browser.close();
}
