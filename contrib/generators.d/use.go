// SPDX-License-Identifier: ISC
// Speaks with a running service through the client of oapi-codegen.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"errand/client"
)

func must(fine bool, got any) {
	if !fine {
		panic(fmt.Sprintf("%+v", got))
	}
}

func open(token string) *client.ClientWithResponses {
	bearer := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+os.Getenv(token))
		return nil
	}
	c, err := client.NewClientWithResponses(os.Getenv("ERRAND_URL"),
		client.WithRequestEditorFn(bearer))
	must(err == nil, err)
	return c
}

func main() {
	ctx := context.Background()
	user := open("ERRAND_USER_TOKEN")
	admin := open("ERRAND_ADMIN_TOKEN")

	made, err := user.CreateTaskWithResponse(ctx, nil,
		client.WholeTask{Title: "Go"})
	must(err == nil && made.JSON201 != nil, made)
	task := made.JSON201
	tag := made.HTTPResponse.Header.Get("ETag")
	must(task.Status == client.Pending && task.Description == nil, task)

	sort, from := client.ListTasksParamsSortMinusCreatedAt, "2026-01-01"
	title, limit, count := "Go", 1, client.Exact
	page, err := user.ListTasksWithResponse(ctx, &client.ListTasksParams{
		Status: &[]client.Status{client.Pending,
			client.Completed},
		Title: &title, Sort: &sort, Limit: &limit, Count: &count,
		CreatedFrom: &from})
	must(err == nil && page.JSON200 != nil, page)
	must(page.JSON200.Data[0].Id == task.Id && *page.JSON200.Count >= 1, page)
	since := page.HTTPResponse.Header.Get("X-Changes-Cursor")

	same, err := user.GetTaskWithResponse(ctx, task.Id,
		&client.GetTaskParams{IfNoneMatch: &tag})
	must(err == nil && same.StatusCode() == http.StatusNotModified, same)

	completed := client.Completed
	guard := &client.UpdateTaskParams{IfMatch: &tag}
	patch := client.TaskPatch{Status: &completed}
	changed, err := user.UpdateTaskWithResponse(ctx, task.Id, guard, patch)
	must(err == nil && changed.JSON200.Status == completed, changed)
	changed, err = user.UpdateTaskWithResponse(ctx, task.Id, guard, patch)
	must(err == nil && changed.ApplicationproblemJSON412 != nil, changed)

	bad, err := user.CreateTaskWithResponse(ctx, nil, client.WholeTask{})
	must(err == nil && bad.ApplicationproblemJSON422 != nil, bad)
	must(bad.ApplicationproblemJSON422.Status == 422, bad)
	fault := bad.ApplicationproblemJSON422.Errors[0]
	must(fault.Loc[1] == "title", fault)
	must(fault.Type == client.StringTooShort, fault)

	no, err := user.DeleteTaskWithResponse(ctx, task.Id, nil)
	must(err == nil && no.ApplicationproblemJSON403 != nil, no)

	events, err := user.ListTaskEventsWithResponse(ctx, task.Id, nil)
	must(err == nil && len(events.JSON200.Data) == 2, events)
	first, err := events.JSON200.Data[1].Changes.AsFirstValues()
	must(err == nil && first.Title == "Go", first)

	jobs, err := admin.ListJobsWithResponse(ctx, nil)
	must(err == nil && jobs.JSON200 != nil, jobs)
	stats, err := user.GetStatsWithResponse(ctx, nil)
	must(err == nil && len(stats.JSON200.PerDay) == 30, stats)
	me, err := user.GetMeWithResponse(ctx, nil)
	must(err == nil && me.JSON200.Roles[0] == "user", me)
	health, err := user.GetHealthWithResponse(ctx, nil)
	must(err == nil && health.ApplicationhealthJSON200 != nil, health)
	gone, err := admin.DeleteTaskWithResponse(ctx, task.Id, nil)
	must(err == nil && gone.StatusCode() == http.StatusNoContent, gone)

	limit = 100
	var last *client.Change
	for i := 0; i < 300 && (last == nil || last.Action != "deleted"); i++ {
		time.Sleep(100 * time.Millisecond)
		changes, err := user.ListChangesWithResponse(ctx,
			&client.ListChangesParams{Since: &since, Limit: &limit})
		must(err == nil && changes.JSON200 != nil, changes)
		for n, c := range changes.JSON200.Data {
			if c.TaskId == task.Id {
				last = &changes.JSON200.Data[n]
			}
		}
	}
	must(last != nil && last.Action == "deleted" && last.Deleted, last)
}
