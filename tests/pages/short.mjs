// SPDX-License-Identifier: ISC
// What scenario 518 has a browser do: the ways that all people go.
import { call, card, create, expect, idOf, login, person, picture, run, type,
	url } from "./browser.mjs";

let alice, root;
const odd = "<b>Milk</b> & \u{1F389} \u05D0\u05D1";

await run([
	["a wrong password is refused, and the right one leads back", async () => {
		alice = await person();
		await alice.goto(url + "/");
		expect(alice.url() === url + "/ui/", `/ leads to ${alice.url()}`);
		await alice.locator("main").getByRole("button", { name: "Log in" })
			.click();
		await type(alice, "alice", "wrong");
		await alice.getByText("is wrong").waitFor();
		await type(alice, "alice");
		await alice.getByRole("heading", { name: "Pending" }).waitFor();
	}],
	["what is wrong with a field is said at the field", async () => {
		await alice.getByRole("button", { name: "New task" }).click();
		const form = alice.locator("#making form");
		await form.getByRole("button", { name: "Create" }).click();
		await form.locator(".fault:not(:empty)").waitFor();
		expect(await form.getByLabel("Title").getAttribute("aria-invalid") ===
		    "true", "the title is marked");
		await form.getByRole("button", { name: "Cancel" }).click();
	}],
	["a task is created, and its markup is text", async () => {
		await create(alice, odd, "first (https://example.org/x).\nsecond");
		expect(await alice.locator(".card b").count() === 0, "no markup");
		const link = card(alice, odd).getByRole("link");
		expect(await link.getAttribute("href") === "https://example.org/x",
		    "an address leads there");
	}],
	["after a lost answer it can be changed, and created", async () => {
		await alice.route(/\/tasks$/, async (route) => {
			await route.fetch();
			await route.abort();
		});
		await alice.getByRole("button", { name: "New task" }).click();
		const form = alice.locator("#making form");
		await form.getByLabel("Title").fill("Sent");
		await form.getByRole("button", { name: "Create" }).click();
		await form.getByText("Not sent").waitFor();
		await alice.unroute(/\/tasks$/);
		await form.getByLabel("Title").fill("Sent, and changed");
		await form.getByRole("button", { name: "Create" }).click();
		await card(alice, "Sent, and changed").waitFor();
	}],
	["somebody else sees it, and moves it by the keyboard", async () => {
		root = await person();
		await login(root, "root");
		await card(root, odd, "pending").waitFor();
		await create(root, "Live");
		await card(alice, "Live", "pending").waitFor();
		await alice.getByLabel("Only mine").check();
		await card(alice, "Live").waitFor({ state: "detached" });
		await card(alice, odd).waitFor();
		await create(root, "Not of alice");
		await alice.getByLabel("Only mine").uncheck();
		await card(alice, "Not of alice").waitFor();
		// The numbers of the columns do not wait for the statistics.
		const number = (n) => root.locator('[data-status="in-progress"] .count')
			.getByText(String(n), { exact: true });
		await number(0).waitFor();
		await root.route(/\/stats$/, () => {});
		await root.getByRole("button", { name: odd, exact: true }).focus();
		await root.keyboard.press("ArrowRight");
		await card(root, odd, "in-progress").waitFor();
		await card(alice, odd, "in-progress").waitFor();
		await number(1).waitFor();
		await root.unroute(/\/stats$/);
	}],
	["additional data are shown as text", async () => {
		const answer = await call(root, "PATCH",
		    `/tasks/${await idOf(root, "Live")}`,
		    { extra: { due: "2026-12-01", "<i>x</i>": { y: [1] } } });
		expect(answer.status === 200, answer.text);
		await card(alice, "Live").getByText("2026-12-01").waitFor();
		await card(alice, "Live").getByText('{"y":[1]}').waitFor();
		expect(await alice.locator(".card i").count() === 0, "no markup");
		await picture(alice, "extra");
	}],
	["a conflict is shown with both versions, and nothing gets lost",
	    async () => {
		const id = await idOf(alice, "Live");
		await card(alice, "Live").getByRole("button", { name: "Edit" })
			.click();
		const form = alice.locator(".card.edited form");
		await form.getByLabel("Title").fill("Mine");
		const answer = await call(root, "PATCH", `/tasks/${id}`,
		    { description: "theirs" });
		expect(answer.status === 200, answer.text);
		await form.getByRole("button", { name: "Save" }).click();
		const versions = form.locator(".versions");
		await versions.getByText("theirs", { exact: true }).waitFor();
		await versions.getByText("Mine", { exact: true }).waitFor();
		await form.getByRole("button", { name: "Keep yours" }).click();
		await card(alice, "Mine", "pending").waitFor();
		await card(root, "Mine", "pending").waitFor();
	}],
	["a page of a column that comes late takes no change back", async () => {
		let asked, go;
		const late = new Promise((done) => (go = done));
		const answered = new Promise((done) => (asked = done));
		await alice.route(/\/tasks\?.*title=Min/, async (route) => {
			const answer = await route.fetch();
			asked();
			await late;
			await route.fulfill({ response: answer });
		});
		const id = await idOf(alice, "Mine");
		const pages = Promise.all(["pending", "completed"].map((each) =>
		    alice.waitForResponse(new RegExp(`title=Min.*status=${each}`))));
		await alice.getByLabel("Search in titles").fill("Min");
		await answered;
		await call(root, "PATCH", `/tasks/${id}`, { status: "in-progress" });
		await card(alice, "Mine", "in-progress").waitFor();
		go();
		await pages;
		await card(alice, odd).waitFor({ state: "detached" });
		await card(alice, "Mine", "pending").waitFor({ state: "detached" });
		await card(alice, "Mine", "in-progress").waitFor();
		await alice.unroute(/\/tasks\?.*title=Min/);
		await alice.getByRole("button", { name: "Clear" }).click();
		await card(alice, "Mine", "in-progress").getByRole("button",
		    { name: "Move to Pending" }).click();
		await card(alice, "Mine", "pending").waitFor();
	}],
	["who is logged out logs in beside what is typed", async () => {
		await alice.getByRole("button", { name: "New task" }).click();
		const form = alice.locator("#making form");
		await form.getByLabel("Title").fill("Typed before");
		const ends = [[/\/token$/, 400, '{"error":"invalid_grant"}'],
		    [/\/tasks/, 401, '{"status":401,"detail":"ended"}']];
		for (const [path, status, body] of ends)
			await alice.route(path, (route) => route.fulfill({ status, body,
			    contentType: "application/json" }));
		await form.getByRole("button", { name: "Create" }).click();
		const banner = alice.locator("#banner");
		await banner.getByText("not logged in any more").waitFor();
		for (const [path] of ends)
			await alice.unroute(path);
		const [beside] = await Promise.all([alice.waitForEvent("popup"),
		    banner.getByRole("button", { name: "Log in" }).click()]);
		await beside.locator('[name="password"]').waitFor();
		await type(beside, "alice");
		await banner.waitFor({ state: "hidden" });
		expect(await form.getByLabel("Title").inputValue() ===
		    "Typed before", "it is still there");
		await form.getByRole("button", { name: "Create" }).click();
		await card(alice, "Typed before").waitFor();
		expect(beside.isClosed(), "the window is closed");
	}],
	["an issuer that is ill ends no login", async () => {
		await alice.route(/\/token$/, (route) => route.fulfill({ status: 503,
		    contentType: "application/json", body: '{"error":"server_error"}' }));
		await alice.route(/\/tasks/, (route) => route.fulfill({ status: 401,
		    contentType: "application/json", body: "{}" }));
		await alice.locator("#banner").getByText("cannot be reached").waitFor();
		await alice.unroute(/\/token$/);
		await alice.unroute(/\/tasks/);
		await alice.locator("#banner").waitFor({ state: "hidden" });
	}],
	["while it is edited, a change and a deletion are told at once", async () => {
		const id = await idOf(alice, "Sent");
		await card(alice, "Sent").getByRole("button", { name: "Edit" }).click();
		const form = alice.locator(".card.edited form");
		await call(root, "PATCH", `/tasks/${id}`, { title: "Resent" });
		await form.getByText("was changed while you").waitFor();
		await form.getByRole("button", { name: "Cancel" }).click();
		await card(alice, "Resent").getByRole("button", { name: "Edit" })
			.click();
		await call(root, "DELETE", `/tasks/${id}`);
		await form.getByText("was deleted meanwhile").waitFor();
		await form.getByRole("button", { name: "Cancel" }).click();
		await form.waitFor({ state: "detached" });
		await card(alice, "Resent").waitFor({ state: "detached" });
	}],
	["an address that no login made ends none", async () => {
		await alice.goto(url + "/ui/?code=x&state=x");
		await card(alice, "Mine").waitFor();
		expect(alice.url() === url + "/ui/", "the address is clean");
		expect(await alice.locator("#banner").isHidden(), "without a word");
	}],
	["only an administrator deletes", async () => {
		expect(await alice.getByRole("button", { name: "Delete" })
			.count() === 0, "no button for alice");
		await card(root, odd).getByRole("button", { name: "Delete" }).click();
		await root.getByRole("dialog").getByRole("button",
		    { name: "Delete" }).click();
		await card(root, odd).waitFor({ state: "detached" });
		await card(alice, odd).waitFor({ state: "detached" });
	}],
	["a tab that nobody sees has no stream", async () => {
		const seen = (hidden) => alice.evaluate((hidden) => {
			Object.defineProperty(document, "hidden",
			    { configurable: true, get: () => hidden });
			document.dispatchEvent(new Event("visibilitychange"));
		}, hidden);
		let asked = alice.waitForRequest(/\/tasks\/stream$/);
		await alice.reload();
		const stream = await asked;
		const ended = alice.waitForEvent("requestfailed",
		    (each) => each === stream);
		await seen(true);
		await ended;
		asked = alice.waitForRequest(/\/tasks\/stream$/);
		await seen(false);
		await asked;
	}],
	["any number of tabs have one stream", async () => {
		let streams = 0;
		const tabs = [alice];
		const context = alice.context();
		context.on("request", (each) => {
			streams += each.url().endsWith("/tasks/stream") ? 1 : 0;
		});
		for (let n = 0; n < 7; n++) {
			const [tab] = await Promise.all([context.waitForEvent("page"),
			    alice.evaluate(() => void window.open("/ui/"))]);
			tabs.push(tab);
			await card(tab, "Mine").waitFor();
		}
		await create(root, "For all tabs");
		for (const tab of tabs)
			await card(tab, "For all tabs").waitFor();
		// One that has ended is followed by another.
		expect(streams <= 2, `${streams} more streams`);
		for (const tab of tabs.slice(1))
			await tab.close();
	}],
	["jobs of a state that is none are said to be none", async () => {
		await root.goto(url + "/ui/jobs/?state=nonsense");
		await root.getByText("no state “nonsense”").waitFor();
		await root.locator("tbody tr").first().waitFor();
		expect(await root.getByLabel("State").inputValue() === "", "any");
	}],
	["jobs are run again and cancelled, one and by a filter", async () => {
		await root.goto(url + "/ui/jobs/?kind=t.no&state=failed");
		await root.locator(".overview td", { hasText: /^3$/ }).first()
			.waitFor();
		await root.locator("td", { hasText: / secs?$/ }).first().waitFor();
		// All of what was confirmed, though another filter is chosen meanwhile.
		let go;
		const late = new Promise((done) => (go = done));
		await root.route(/\/jobs\?.*state=failed/, (route) => route.continue(
		    { url: route.request().url().replace("limit=50", "limit=1") }));
		await root.route(/\/retry$/, async (route) => {
			await late;
			await route.continue();
		});
		await root.getByRole("button", { name: "Run all of these" }).click();
		await root.getByRole("dialog").getByRole("button",
		    { name: "Run all of these" }).click();
		await root.getByLabel("Kind", { exact: true }).fill("t.later");
		await root.keyboard.press("Enter");
		await root.waitForURL(/t\.later/);
		go();
		await root.getByText("Done with 3 jobs").waitFor();
		await root.unroute(/\/jobs\?.*state=failed/);
		await root.unroute(/\/retry$/);
		await root.getByLabel("Kind", { exact: true }).fill("t.no");
		await root.getByLabel("State").selectOption("failed");
		// They fail once more, sooner or later.
		const dialog = root.getByRole("dialog");
		const again = dialog.getByRole("button", { name: "Run again" });
		for (let n = 0; n === 0; ) {
			await root.locator("#content form.filter ~ .table tbody button")
				.first().click();
			await dialog.waitFor();
			n = await again.count();
			if (n === 0)
				await root.keyboard.press("Escape");
		}
		await again.click();
		await root.getByRole("dialog").waitFor({ state: "detached" });
		await root.getByLabel("Kind", { exact: true }).fill("t.later");
		await root.getByLabel("State").selectOption("queued");
		await root.getByRole("button", { name: "Cancel all of these" })
			.click();
		await root.getByRole("dialog").getByRole("button",
		    { name: "Cancel all of these" }).click();
		await root.getByText("Done with 2 jobs").waitFor();
	}],
	["pools show what they do, and what was put aside is sent", async () => {
		await root.locator(".overview .children").getByText(/: idle$/)
			.first().waitFor();
		await root.locator(".overview").getByText("t.unknown").first()
			.waitFor();
		await root.getByRole("button", { name: /^Send all of them/ })
			.click();
		await root.getByText("1 message was sent once more").waitFor();
	}],
	["the API can be read and tried as who is logged in", async () => {
		await alice.goto(url + "/docs/");
		await alice.locator("#operations-service-getMe button").first()
			.click();
		await alice.getByRole("button", { name: "Execute" }).click();
		await alice.locator(".live-responses-table")
			.getByText('"alice"').first().waitFor();
		// What is filled in by itself makes a task each time.
		const create = alice.locator("#operations-tasks-createTask");
		await create.locator("button").first().click();
		const made = new Set();
		for (let n = 0; n < 2; n++) {
			const [answer] = await Promise.all([
				alice.waitForResponse(/\/tasks$/),
				create.getByRole("button", { name: "Execute" }).click(),
			]);
			made.add((await answer.json()).id);
		}
		expect(made.size === 2, "two tasks");
	}],
	["the statistics have plots and tables", async () => {
		await alice.goto(url + "/ui/");
		await card(alice, "Mine").getByRole("button",
		    { name: "Move to Completed" }).click();
		await card(alice, "Mine", "completed").waitFor();
		const times = alice.getByRole("img", { name: "How long" });
		for (let n = 0; n === 0; n = await times.count()) {
			await alice.goto(url + "/ui/stats/");
			await alice.getByRole("img").first().waitFor();
		}
		const rows = (name) => alice.getByRole("table", { name })
			.locator("tbody tr").count();
		expect(await rows("Each day") === 30, "30 days");
		expect(await rows("From creation") === 1, "one day with times");
	}],
	["what pools have done in a minute is shown", async () => {
		for (const each of ["Done", "Failed", "Tried again"])
			await root.locator(".figure", { hasText: `${each}, a minute` })
				.getByText(/^[0-9]/).waitFor();
	}],
	["who has no role is told, and logs out", async () => {
		const dave = await person();
		await login(dave, "dave");
		await dave.getByRole("heading", { name: "A role is missing" })
			.waitFor();
		await dave.getByRole("button", { name: "Log out" }).click();
		await dave.locator("main").getByRole("button", { name: "Log in" })
			.waitFor();
	}],
]);
