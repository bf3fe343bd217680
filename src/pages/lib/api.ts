// SPDX-License-Identifier: ISC
// Calls the service, and says in one way what came of it.
import type { Login } from "./login.ts";

export const STATUSES = ["pending", "in-progress", "completed"] as const;
export type Status = (typeof STATUSES)[number];

export interface Task {
	id: string;
	title: string;
	description: string | null;
	/** What the operator has let tasks have beside the rest. */
	extra?: Record<string, unknown>;
	status: Status;
	created_at: string;
	updated_at: string;
	created_by: string;
}

export interface Page<T> {
	data: T[];
	next_cursor: string | null;
	count?: number;
}

export interface Event {
	id: number;
	version: number;
	action: "created" | "updated" | "deleted";
	actor: string;
	at: string;
	changes: Record<string, unknown> | null;
}

export interface Change extends Event {
	task_id: string;
	deleted: boolean;
	task: Task | null;
}

export interface Stats {
	by_status: Record<Status, number>;
	per_day: { day: string; created: number; completed: number;
		deleted: number; seconds_to_completion: Times | null }[];
}

/** Half of the tasks, and nine of ten, took so many seconds at most. */
export interface Times {
	median: number;
	p90: number;
}

export interface Me {
	subject: string;
	username: string;
	roles: string[];
}

export interface Job {
	id: string;
	kind: string;
	state: string;
	task_id: string | null;
	args: unknown;
	attempts: number;
	deaths: number;
	last_error: string | null;
	worker: string | null;
	run_at: string;
	created_at: string;
	published_at: string | null;
	started_at: string | null;
	finished_at: string | null;
	request_id: string | null;
	trace_id: string | null;
	unique_key: string | null;
	priority: number;
	held: boolean;
}

type Counts = Record<"queued" | "published" | "running" | "retrying" | "failed",
    number>;

/** How many jobs there are. */
export interface Summary {
	kinds: { kind: string; by_state: Counts; held: number }[];
	by_state: Counts;
	oldest_due_at: string | null;
	put_aside: number | null;
	queues: { queue: string;
		waiting: { priority: number; messages: number }[] }[] | null;
}

/** A message that no pool could run. */
export interface Aside {
	id: string | null;
	kind: string | null;
	queue: string | null;
	why: string | null;
	at: string | null;
}

export interface Redriven {
	redriven: number;
	left: number;
	more: boolean;
}

/** A pool, as it says itself. */
export interface Worker {
	node: string;
	pid?: number;
	started_at?: string;
	told_at?: string;
	queues?: string[];
	children?: { pid: number; kind?: string; job_id?: string;
		started_at?: string }[];
	runs?: { done: number; failed: number; retried: number };
	runs_by_kind?: { kind: string; runs: number }[];
}

/** What the service refuses, as its problem document says. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		readonly detail: string,
		readonly requestId: string,
		/** What is wrong with which member: title, description, status. */
		readonly fields: Record<string, string>,
	) {
		super(detail);
	}
}

/** The service cannot be reached, or cannot answer now. */
export class Outage extends Error {}

export interface Answer<T> {
	status: number;
	body: T;
	headers: Headers;
}

interface Problem {
	title?: string;
	detail?: string;
	request_id?: string;
	errors?: { pointer?: string; loc?: string[]; msg?: string }[];
}

async function refusal(answer: Response): Promise<Refusal> {
	let problem: Problem = {};
	try {
		problem = (await answer.json()) as Problem;
	} catch {
		// A web server in between may say it in its own words.
	}
	const fields: Record<string, string> = {};
	for (const each of problem.errors ?? []) {
		const name = (each.pointer ?? "").replace(/^\//, "") ||
		    (each.loc?.at(-1) ?? "");
		fields[name] = each.msg ?? "";
	}
	return new Refusal(
		answer.status,
		problem.detail ?? problem.title ?? `HTTP ${answer.status}`,
		problem.request_id ?? answer.headers.get("X-Request-ID") ?? "",
		fields,
	);
}

export interface Call {
	method?: string;
	body?: unknown;
	headers?: Record<string, string>;
	signal?: AbortSignal;
}

/** The service, as whoever is logged in. */
export class Api {
	/** Called at each answer and each outage: true is reached. */
	onReach: (reached: boolean) => void = () => {};
	/** Called when there is no login any more. */
	onLoggedOut: () => void = () => {};

	constructor(
		readonly base: string,
		readonly login: Login,
	) {}

	private async once(path: string, call: Call): Promise<Response> {
		const headers: Record<string, string> = {
			Accept: "application/json",
			Authorization: `Bearer ${this.login.token}`,
			...call.headers,
		};
		if (call.body !== undefined)
			headers["Content-Type"] ??= "application/json";
		const limit = AbortSignal.timeout(30_000);
		return fetch(this.base + path, {
			method: call.method ?? "GET",
			headers,
			cache: "no-store",
			body: call.body === undefined ? null : JSON.stringify(call.body),
			signal: call.signal ? AbortSignal.any([limit, call.signal]) : limit,
		});
	}

	private async reached(path: string, call: Call): Promise<Response> {
		try {
			let answer = await this.once(path, call);
			if (answer.status === 401 && (await this.login.renew()))
				answer = await this.once(path, call);
			if (answer.status < 502 || answer.status > 504) {
				this.onReach(true);
				return answer;
			}
		} catch (why) {
			if (call.signal?.aborted)
				throw why;
		}
		this.onReach(false);
		throw new Outage(path);
	}

	/** Throws a Refusal for 4xx and 500, an Outage where nobody answers. */
	async call<T>(path: string, call: Call = {}): Promise<Answer<T>> {
		const answer = await this.reached(path, call);
		if (answer.status === 401)
			this.onLoggedOut();
		if (answer.status >= 400)
			throw await refusal(answer);
		const empty = answer.status === 204 || answer.status === 304;
		return {
			status: answer.status,
			body: (empty ? null : await answer.json()) as T,
			headers: answer.headers,
		};
	}
}
