// SPDX-License-Identifier: ISC
// Speaks with a running service through the types of openapi-typescript.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./errand.js";

// A list comes as lines, too, to who accepts them.
type Json = `application/${"" | "health+" | "problem+"}json`;
const client = (token: string) =>
	createClient<paths, Json>({
		baseUrl: process.env.ERRAND_URL,
		headers: { Authorization: `Bearer ${process.env[token]}` },
	});
const user = client("ERRAND_USER_TOKEN");
const admin = client("ERRAND_ADMIN_TOKEN");

const made = await user.POST("/tasks", { body: { title: "TypeScript" } });
assert.equal(made.response.status, 201);
const task: components["schemas"]["Task"] = made.data!;
const tag = made.response.headers.get("ETag")!;
assert.equal(task.status, "pending");
assert.equal(task.description, null);

const page = await user.GET("/tasks", {
	params: {
		query: {
			status: ["pending", "completed"], title: "TypeScript",
			sort: "-created_at", limit: 1, count: "exact",
			created_from: "2026-01-01",
		},
	},
});
assert.equal(page.data!.data[0]!.id, task.id);
assert.ok(page.data!.count! >= 1);
const since = page.response.headers.get("X-Changes-Cursor")!;

const path = { id: task.id };
const same = await user.GET("/tasks/{id}", {
	params: { path, header: { "If-None-Match": tag } },
});
assert.equal(same.response.status, 304);

const change = () =>
	user.PATCH("/tasks/{id}", {
		params: { path, header: { "If-Match": tag } },
		body: { status: "completed", description: null },
	});
assert.equal((await change()).data!.status, "completed");
assert.equal((await change()).response.status, 412);

const bad = await user.POST("/tasks", { body: { title: "" } });
assert.equal(bad.response.status, 422);
assert.ok(bad.error && "errors" in bad.error);
const fault = bad.error.errors[0]!;
assert.deepEqual(fault.loc, ["body", "title"]);
assert.equal(fault.type, "string_too_short");

const no = await user.DELETE("/tasks/{id}", { params: { path } });
assert.equal(no.response.status, 403);
assert.equal(no.error!.status, 403);

const events = await user.GET("/tasks/{id}/events", { params: { path } });
assert.deepEqual(events.data!.data.map((e) => e.action), ["updated", "created"]);

assert.ok((await admin.GET("/jobs")).data!.data);
assert.equal((await user.GET("/stats")).data!.per_day.length, 30);
assert.deepEqual((await user.GET("/me")).data!.roles, ["user"]);
assert.notEqual((await user.GET("/health")).data!.status, "fail");
const gone = await admin.DELETE("/tasks/{id}", { params: { path } });
assert.equal(gone.response.status, 204);

const deadline = Date.now() + 30000;
let last: components["schemas"]["Change"] | undefined;
while (last?.action !== "deleted") {
	assert.ok(Date.now() < deadline);
	await new Promise((done) => setTimeout(done, 100));
	const changes = await user.GET("/tasks/changes", {
		params: { query: { since, limit: 100 } },
	});
	last = changes.data!.data.filter((c) => c.task_id === task.id).at(-1);
}
assert.equal(last.deleted, true);
assert.equal(last.task, null);
