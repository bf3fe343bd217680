// SPDX-License-Identifier: ISC
// Who is logged in: OpenID Connect by authorization code and PKCE.
import { ErrorResponse, UserManager, WebStorageStateStore, type User }
	from "oidc-client-ts";
import type { Config } from "./config.ts";

/** What OAuth calls a refusal; anything else may pass. */
const REFUSED = /^(invalid|unauthorized|unsupported)_/;

/** The login of this tab. */
export class Login {
	private readonly manager: UserManager;
	private user: User | null = null;
	/** Whom the page was begun for. */
	private subject = "";

	constructor(config: Config) {
		const here = location.origin + location.pathname;
		this.manager = new UserManager({
			authority: config.authority,
			client_id: config.clientId,
			redirect_uri: here,
			popup_redirect_uri: here,
			post_logout_redirect_uri: here,
			scope: "openid profile email",
			userStore: new WebStorageStateStore({ store: sessionStorage }),
			// A window that opens for the login has to find what was asked.
			stateStore: new WebStorageStateStore({ store: localStorage }),
			// Renewed by the refresh token, ahead of its end.
			automaticSilentRenew: true,
			monitorSession: false,
			revokeTokensOnSignout: false,
		});
		this.manager.events.addUserLoaded((user) => {
			this.user = user;
		});
	}

	/** Takes up a login that ends here, or one of this tab. */
	async begin(): Promise<void> {
		const query = new URLSearchParams(location.search);
		let failed: unknown = null;
		if (query.has("state") && (query.has("code") || query.has("error"))) {
			try {
				const done = await this.manager.signinCallback();
				this.user = done ?? null;
			} catch (why) {
				failed = why;
			}
			const state = this.user?.state;
			const back = typeof state === "string" ? state : "";
			history.replaceState(null, "", location.pathname + back);
		}
		// An address that is used once more, or that somebody else made up,
		// ends no login that this tab has.
		this.user ??= await this.manager.getUser();
		this.subject = this.user?.profile.sub ?? "";
		if (this.user?.expired)
			await this.renew();
		if (failed !== null && !this.in)
			throw failed;
	}

	get in(): boolean {
		return this.user !== null;
	}

	/** The name of who is logged in, as the issuer has it. */
	get name(): string {
		const profile = this.user?.profile;
		return profile?.preferred_username ?? profile?.sub ?? "";
	}

	/** The access token, or "" if nobody is logged in. */
	get token(): string {
		return this.user?.access_token ?? "";
	}

	/** Leads to the issuer and back to this page. */
	async go(): Promise<void> {
		await this.manager.signinRedirect({
			state: location.search + location.hash,
		});
	}

	/** Asks in a window of its own, so that this page keeps what it has; false:
	 * somebody else has logged in. */
	async again(): Promise<boolean> {
		const before = this.subject;
		this.user = await this.manager.signinPopup();
		return this.subject === before;
	}

	/** Asks for a new token without the person; false: there is none. */
	async renew(): Promise<boolean> {
		if (!this.user?.refresh_token)
			return false;
		try {
			this.user = await this.manager.signinSilent();
		} catch (why) {
			// Out of reach is another thing than refused.
			if (!(why instanceof ErrorResponse) || !REFUSED.test(why.error ?? ""))
				throw why;
			this.user = null;
			await this.manager.removeUser();
		}
		return this.user !== null;
	}

	/** Ends the login here and at the issuer. */
	async leave(): Promise<void> {
		try {
			await this.manager.signoutRedirect();
		} catch {
			await this.manager.removeUser();
			location.reload();
		}
	}
}
