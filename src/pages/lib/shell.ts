// SPDX-License-Identifier: ISC
// What all pages have around their content: login, roles, outages.
import { Api, Outage, Refusal, type Me } from "./api.ts";
import { readConfig, ROOT } from "./config.ts";
import { announce, button, byId, h } from "./dom.ts";
import { Login } from "./login.ts";
import { text } from "./text.ts";

export interface Shell {
	api: Api;
	me: Me;
}

type Here = "board" | "stats" | "jobs" | "docs";

const places: [Here, string, string, string][] = [
	["board", "ui/", text.board, "user"],
	["stats", "ui/stats/", text.stats, "user"],
	["jobs", "ui/jobs/", text.jobs, "admin"],
	["docs", "docs/", text.docs, ""],
];

function head(here: Here, login: Login, me: Me | null): void {
	const links = places
		.filter(([, , , role]) => role === "" || me?.roles.includes(role))
		.map(([name, path, label]) => h("li", {}, h("a", {
			href: new URL(path, ROOT).href,
			"aria-current": name === here ? "page" : null,
		}, label)));
	byId("places").replaceChildren(...links);
	const who = byId("who");
	if (login.in) {
		who.replaceChildren(
			h("span", { dir: "auto", title: text.loggedInAs(me?.username ?? "") },
			    me?.username ?? ""),
			button(text.logOut, () => void login.leave()),
		);
	} else {
		who.replaceChildren(button(text.logIn, () => go(login)));
	}
}

function go(login: Login): void {
	login.go().catch(() => say(text.loginAway, true));
}

/** A banner across the page; with bad it is one that stays. */
export function say(words: string, bad: boolean): void {
	const banner = byId("banner");
	banner.className = bad ? "bad" : "good";
	banner.hidden = words === "";
	banner.textContent = words;
}

/** The page has one thing to say, and perhaps to do, instead of its content. */
function instead(title: string, words: string[], act: HTMLElement | null): void {
	byId("content").replaceChildren(h("section", { class: "instead" },
	    h("h1", {}, title), ...words.map((each) => h("p", {}, each)), act));
}

function welcome(login: Login): void {
	instead(text.product, [text.welcome],
	    button(text.logIn, () => go(login), { class: "main" }));
}

function watch(api: Api, login: Login): void {
	let away = false;
	api.onReach = (reached) => {
		if (reached === !away)
			return;
		away = !reached;
		say(away ? text.outage : "", true);
		if (!away)
			announce(text.back);
	};
	const again = button(text.logIn, () => {
		login.again().then((same) => {
			if (!same)
				location.reload();
			say("", false);
			api.onReach(true);
		}, () => say(text.loginAway, true));
	});
	api.onLoggedOut = () => {
		if (again.isConnected)
			return;
		say(text.loggedOut, true);
		byId("banner").append(" ", again);
	};
}

/** Who that is, to the service; waits through an outage. */
async function whoami(api: Api, login: Login): Promise<Me> {
	for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
		try {
			return (await api.call<Me>("/me")).body;
		} catch (why) {
			if (why instanceof Refusal && why.status === 403)
				return { subject: "", username: login.name, roles: [] };
			if (!(why instanceof Outage))
				throw why;
		}
		await new Promise((done) => setTimeout(done, wait));
	}
}

function refused(login: Login, why: unknown): void {
	if (why instanceof Refusal && why.status === 401) {
		say("", false);
		if (login.in)
			instead(text.notTaken, [why.detail, text.notTakenDo],
			    button(text.logOut, () => void login.leave()));
		else
			welcome(login);
		return;
	}
	instead(text.notSetUp, [String(why)],
	    button(text.tryAgain, () => location.reload()));
}

/** Shows that a role is missing. */
export function roleMissing(shell: Shell, why: string): void {
	instead(text.noRoles, [text.noRolesFor(shell.me.username), why,
	    text.noRolesDo], null);
}

/**
 * Logs in and hands over to the page; what it throws because of a role is
 * told.  A page that is open to all is handed over to without a login, too.
 */
export async function begin(
	here: Here,
	page: (shell: Shell) => Promise<void>,
	open?: (api: Api) => void,
): Promise<void> {
	let config;
	try {
		config = await readConfig();
	} catch (why) {
		instead(text.notSetUp, [String(why)],
		    button(text.tryAgain, () => location.reload()));
		return;
	}
	const login = new Login(config);
	let failed = "";
	try {
		await login.begin();
	} catch (why) {
		failed = `${text.loginFailed} ${String((why as Error).message)}`;
	}
	const api = new Api(config.base, login);
	head(here, login, null);
	watch(api, login);
	if (failed !== "")
		say(failed, true);
	if (!login.in) {
		if (open)
			open(api);
		else
			welcome(login);
		return;
	}
	try {
		const me = await whoami(api, login);
		head(here, login, me);
		const shell = { api, me };
		try {
			await page(shell);
		} catch (why) {
			if (!(why instanceof Refusal) || why.status !== 403)
				throw why;
			roleMissing(shell, why.detail);
		}
	} catch (why) {
		refused(login, why);
	}
}
