// SPDX-License-Identifier: ISC
// Speaks with a running service through the Java client of openapi-generator.

import java.net.URI;
import java.util.List;
import java.util.Objects;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.JobsApi;
import org.openapitools.client.api.ServiceApi;
import org.openapitools.client.api.TasksApi;
import org.openapitools.client.model.*;

public class Use {
	interface Call {
		void run() throws ApiException;
	}

	static ApiClient client(String token) {
		URI url = URI.create(System.getenv("ERRAND_URL"));
		ApiClient c = new ApiClient();
		c.setScheme(url.getScheme());
		c.setHost(url.getHost());
		c.setPort(url.getPort());
		c.setBasePath("");
		c.setRequestInterceptor(r -> r.header("Authorization",
		    "Bearer " + System.getenv(token)));
		return c;
	}

	static void same(Object want, Object got) {
		if (!Objects.equals(want, got))
			throw new AssertionError(got + " instead of " + want);
	}

	static ApiException refused(int status, Call call) throws ApiException {
		try {
			call.run();
		} catch (ApiException e) {
			same(status, e.getCode());
			return e;
		}
		throw new AssertionError("no " + status);
	}

	public static void main(String[] args) throws Exception {
		ApiClient user = client("ERRAND_USER_TOKEN");
		ApiClient admin = client("ERRAND_ADMIN_TOKEN");
		TasksApi tasks = new TasksApi(user);

		ApiResponse<Task> made = tasks.createTaskWithHttpInfo(
		    new WholeTask().title("Java"), null, null);
		Task task = made.getData();
		String tag = made.getHeaders().get("etag").get(0);
		same(201, made.getStatusCode());
		same(Status.PENDING, task.getStatus());
		same(null, task.getDescription());

		ApiResponse<TaskList> listed = tasks.listTasksWithHttpInfo(
		    List.of(Status.PENDING, Status.COMPLETED), "Java",
		    "2026-01-01", null, "-created_at", 1, null, null, "exact",
		    null, null, null, null);
		TaskList page = listed.getData();
		String since = listed.getHeaders().get("x-changes-cursor")
		    .get(0);
		same(task.getId(), page.getData().get(0).getId());
		same(true, page.getCount() >= 1);

		refused(304, () -> tasks.getTask(task.getId(), null, tag, null,
		    null));

		TaskPatch change = new TaskPatch().status(Status.COMPLETED)
		    .description(null);
		same(Status.COMPLETED, tasks.updateTask(task.getId(), change,
		    tag, null, null, null).getStatus());
		refused(412, () -> tasks.updateTask(task.getId(), change, tag,
		    null, null, null));

		ApiException bad = refused(422, () -> tasks.createTask(
		    new WholeTask().title(""), null, null));
		Fault fault = ApiClient.createDefaultObjectMapper()
		    .readValue(bad.getResponseBody(), FaultsProblem.class)
		    .getErrors().get(0);
		same(List.of("body", "title"), fault.getLoc());
		same("string_too_short", fault.getType().getValue());

		ApiException no = refused(403, () -> tasks.deleteTask(
		    task.getId(), null, null, null, null));
		same(403, ApiClient.createDefaultObjectMapper().readValue(
		    no.getResponseBody(), Problem.class).getStatus());

		List<Event> events = tasks.listTaskEvents(task.getId(), null,
		    null, null, null, null, null).getData();
		same(Status.COMPLETED, events.get(0).getChanges().getChanges()
		    .getStatus().getTo());
		same("Java", events.get(1).getChanges().getFirstValues()
		    .getTitle());

		new JobsApi(admin).listJobs(null, null, null, null, null, null,
		    null).getData();
		ServiceApi service = new ServiceApi(user);
		same(30, service.getStats(null, null).getPerDay().size());
		same(List.of("user"), List.copyOf(
		    service.getMe(null, null).getRoles()));
		same(false, service.getHealth(null, null).getStatus() ==
		    HealthStatus.FAIL);
		same(204, new TasksApi(admin).deleteTaskWithHttpInfo(
		    task.getId(), null, null, null, null).getStatusCode());

		Change last = null;
		for (int i = 0; i < 300 && (last == null ||
		    !last.getAction().getValue().equals("deleted")); i++) {
			Thread.sleep(100);
			for (Change c : tasks.listChanges(100, since, null, null,
			    null, null).getData())
				if (c.getTaskId().equals(task.getId()))
					last = c;
		}
		same("deleted", last.getAction().getValue());
		same(true, last.getDeleted());
		same(null, last.getTask());
	}
}
