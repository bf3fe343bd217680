// SPDX-License-Identifier: ISC
// What tests/pages/run has browsers do: each state of each page, judged by axe,
// with pictures; outages, odd texts, small and large screens, both directions.
import { call, card, create, drag, expect, firefox, idOf, judged, login,
	person, picture, run, type, url, write } from "./browser.mjs";

const keycloak = process.env.KEYCLOAK === "yes";
const long = "\u{1F9FA} " + "long words ".repeat(920).slice(0, 9_990);
const odd = [
	'<img src=x onerror="document.title=1">',
	"</title><script>alert(1)</script>",
	"\u202Eright to left\u202C \u05E9\u05DC\u05D5\u05DD",
	"\u{1F468}\u200D\u{1F469}\u200D\u{1F467} family",
	"x".repeat(255),
];
let alice, root;

/** Judged and drawn as people have it: light, dark, small. */
async function looked(page, name) {
	for (const colorScheme of firefox ? ["light"] : ["light", "dark"]) {
		await page.emulateMedia({ colorScheme });
		await judged(page, `${name}, ${colorScheme}`);
		await picture(page, `${name}-${colorScheme}`);
	}
	await page.emulateMedia({ colorScheme: "light" });
	await page.setViewportSize({ width: 320, height: 640 });
	await picture(page, `${name}-small`);
	expect(await page.evaluate(() => document.documentElement.scrollWidth <=
	    window.innerWidth), `${name} fits into 320 pixels`);
	await page.setViewportSize({ width: 1200, height: 800 });
}

await run([
	["before the login", async () => {
		root = await person();
		await root.goto(url + "/");
		await root.locator("main").getByRole("button", { name: "Log in" })
			.waitFor();
		await looked(root, "welcome");
		await root.locator("main").getByRole("button", { name: "Log in" })
			.click();
		await root.locator('[name="username"]').waitFor();
		await picture(root, "login");
		if (!keycloak)
			await judged(root, "login");
		await type(root, "root");
		await root.getByRole("heading", { name: "Pending" }).waitFor();
	}],
	["titles and descriptions of all sorts are text", async () => {
		for (const each of odd)
			await create(root, each, each);
		await create(root, "Ten thousand", long);
		expect(await root.locator(".card img, .card script").count() === 0,
		    "no markup");
		expect(await root.title() === "Board – Errand", "the title stays");
		await looked(root, "board");
	}],
	["right to left", async () => {
		await root.evaluate(() => (document.dir = "rtl"));
		await picture(root, "board-rtl");
		await judged(root, "right to left");
		const title = odd[3];
		await root.getByRole("button", { name: title, exact: true }).focus();
		await root.keyboard.press("ArrowLeft");
		await card(root, title, "in-progress").waitFor();
		await root.evaluate(() => (document.dir = "ltr"));
	}],
	["a form with faults", async () => {
		await root.getByRole("button", { name: "New task" }).click();
		const form = root.locator("#making form");
		await write(form.getByLabel("Description"), long + "0123456789abc");
		await form.getByRole("button", { name: "Create" }).click();
		await root.locator(".fault:not(:empty)").nth(1).waitFor();
		await looked(root, "faults");
		await root.keyboard.press("Escape");
		await form.waitFor({ state: "detached" });
	}],
	["moved by the mouse", async () => {
		await create(root, "Dragged");
		await drag(root, card(root, "Dragged", "pending"),
		    root.locator('[data-status="completed"]'));
		await card(root, "Dragged", "completed").waitFor();
	}],
	["history and deletion", async () => {
		await card(root, "Dragged").getByRole("button", { name: "History" })
			.click();
		await root.locator(".events > li").nth(1).waitFor();
		await looked(root, "history");
		await root.keyboard.press("Escape");
		await root.getByRole("button", { name: "Dragged", exact: true })
			.focus();
		await root.keyboard.press("Delete");
		await root.getByRole("dialog").waitFor();
		await looked(root, "deletion");
		await root.getByRole("dialog").getByRole("button",
		    { name: "Delete" }).click();
		await card(root, "Dragged").waitFor({ state: "detached" });
	}],
	["search finds, and an address keeps it", async () => {
		await root.getByLabel("Search in titles").fill("TEN thou");
		await root.waitForURL(/title=TEN/);
		await card(root, "Ten thousand").waitFor();
		await card(root, odd[4]).waitFor({ state: "detached" });
		await root.reload();
		await card(root, "Ten thousand").waitFor();
		expect(await root.locator(".card").count() === 1, "one card");
		await root.getByRole("button", { name: "Clear" }).click();
		await card(root, odd[4]).waitFor();
	}],
	["a list without end", async () => {
		for (let n = 0; n < 45; n++)
			await call(root, "POST", "/tasks", { title: `Many ${n}` });
		await root.reload();
		await card(root, "Many 44").waitFor();
		await card(root, "Many 0").waitFor({ state: "detached" });
		for (let n = 0; n < 5; n++) {
			await root.evaluate(() => scrollTo(0, document.body.scrollHeight));
			await root.waitForTimeout(300);
		}
		await card(root, "Many 0").waitFor();
	}],
	["a conflict", async () => {
		alice = await person();
		await login(alice, "alice");
		await card(alice, "Many 44").waitFor();
		const id = await idOf(alice, "Many 44");
		await card(alice, "Many 44").getByRole("button", { name: "Edit" })
			.click();
		const form = alice.locator(".card.edited form");
		await form.getByLabel("Title").fill("Of alice");
		await call(root, "PATCH", `/tasks/${id}`, { title: "Of root" });
		await form.getByRole("button", { name: "Save" }).click();
		await form.locator(".versions").waitFor();
		await looked(alice, "conflict");
		await form.getByRole("button", { name: "Keep the saved one" }).click();
		await card(alice, "Of root").waitFor();
	}],
	["through an outage what was typed is kept", async () => {
		await alice.getByRole("button", { name: "New task" }).click();
		const form = alice.locator("#making form");
		await form.getByLabel("Title").fill("Typed before");
		await alice.context().setOffline(true);
		await form.getByRole("button", { name: "Create" }).click();
		await form.getByText("It is all still here").waitFor();
		await alice.locator("#banner", { hasText: "cannot be reached" })
			.waitFor();
		await looked(alice, "outage");
		await call(root, "POST", "/tasks", { title: "Made meanwhile" });
		await alice.context().setOffline(false);
		await card(alice, "Made meanwhile").waitFor();
		expect(await form.getByLabel("Title").inputValue() === "Typed before",
		    "what was typed is there");
		await form.getByRole("button", { name: "Create" }).click();
		await card(alice, "Typed before").waitFor();
		await alice.locator("#banner").waitFor({ state: "hidden" });
	}],
	["statistics", async () => {
		await alice.goto(url + "/ui/stats/");
		await alice.getByRole("img").first().waitFor();
		await looked(alice, "statistics");
	}],
	["jobs", async () => {
		await root.goto(url + "/ui/jobs/");
		const rows = "#content form.filter ~ .table tbody button";
		await root.locator(rows).first().waitFor();
		await root.locator(".overview .children").first().waitFor();
		await looked(root, "jobs");
		await root.locator(rows).first().click();
		await root.getByRole("dialog").waitFor();
		await looked(root, "job");
		await root.keyboard.press("Escape");
	}],
	["the API", async () => {
		await root.goto(url + "/docs/");
		await root.locator("#operations-service-getMe").waitFor();
		await looked(root, "api");
		await root.locator("#operations-service-getMe button").first()
			.click();
		await root.getByRole("button", { name: "Execute" }).click();
		await root.locator(".live-responses-table").getByText('"root"')
			.first().waitFor();
		await looked(root, "api-tried");
	}],
	["without a role", async () => {
		const dave = await person();
		await login(dave, "dave");
		await dave.getByRole("heading", { name: "A role is missing" })
			.waitFor();
		await looked(dave, "no-role");
		await dave.getByRole("button", { name: "Log out" }).click();
		if (keycloak) {
			const sure = dave.getByRole("button", { name: /log ?out|sign out/i });
			await Promise.race([sure.click().catch(() => {}),
			    dave.locator("main").getByRole("button",
			        { name: "Log in" }).waitFor()]);
		}
		await dave.locator("main").getByRole("button", { name: "Log in" })
			.waitFor();
	}],
]);
