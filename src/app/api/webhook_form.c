/* SPDX-License-Identifier: ISC */
/* What bodies and queries of webhooks may ask for. */
#include "config.h"

#include "webhook_form.h"

#include "list/list.h"
#include "webhook/webhook_target.h"
#include "wire/object.h"

static void
take_url(struct object_reader *r, struct json_object *value)
{
	struct webhook_input *in = r->into;
	const char *why;

	in->has_url = true;
	in->url = object_line(r, "url", value, WEBHOOK_URL_MAX);
	why = in->url == NULL ? NULL : webhook_judge_url(in->url);
	if (why != NULL)
		object_fault(r, "url", "value_error",
		    arena_printf(r->f->arena, "url is refused: %s", why));
}

static void
take_event(struct object_reader *r, struct json_object *word)
{
	struct webhook_input *in = r->into;
	enum webhook_type type;

	if (!json_object_is_type(word, json_type_string) ||
	    webhook_type_parse(json_object_get_string(word),
		(size_t)json_object_get_string_len(word), &type) == -1)
		object_fault(r, "events", "enum",
		    "events can be task.created, task.updated and "
		    "task.deleted");
	else
		in->events |= 1U << type;
}

static void
take_events(struct object_reader *r, struct json_object *value)
{
	struct webhook_input *in = r->into;
	size_t n, before = r->f->n;

	in->has_events = true;
	in->events = 0;
	if (!json_object_is_type(value, json_type_array)) {
		object_fault(r, "events", "list_type",
		    "events must be an array");
		return;
	}
	n = json_object_array_length(value);
	if (n == 0)
		object_fault(r, "events", "too_short",
		    "events must name at least one type");
	for (size_t i = 0; i < n && r->f->n == before; i++)
		take_event(r, json_object_array_get_idx(value, i));
}

static void
take_description(struct object_reader *r, struct json_object *value)
{
	struct webhook_input *in = r->into;

	in->has_description = true;
	if (value != NULL)
		in->description = object_text(r, "description", value,
		    WEBHOOK_DESCRIPTION_MAX);
}

static void
take_enabled(struct object_reader *r, struct json_object *value)
{
	struct webhook_input *in = r->into;

	in->has_enabled = true;
	in->enabled = object_bool(r, "enabled", value);
}

static const struct object_member members[] = {
	{ "url", take_url },
	{ "events", take_events },
	{ "description", take_description },
	{ "enabled", take_enabled },
	/* set by the server */
	{ "id", NULL },
	{ "secret", NULL },
	{ "previous_secret_until", NULL },
	{ "disabled_reason", NULL },
	{ "created_at", NULL },
	{ "updated_at", NULL },
	{ "created_by", NULL },
};
static const struct object_form webhook_form = { members, NELEM(members),
	"a webhook has url, events, description and enabled; nothing else can "
	"be set",
	"a webhook" };

void
webhook_parse(struct json_object *tree, bool whole, struct webhook_input *in,
    struct faults *f)
{
	*in = (struct webhook_input){ .enabled = true,
		.events = (1U << WEBHOOK_TYPE__MAX) - 1 };
	object_read(tree, &webhook_form, in, f);
	if (whole && json_object_is_type(tree, json_type_object) &&
	    !in->has_url)
		faults_add(f, FAULT_BODY, "url", "missing", "url is required");
}

static void
take_overlap(struct object_reader *r, struct json_object *value)
{
	int64_t *overlap = r->into, n = -1;

	if (json_object_is_type(value, json_type_int))
		n = json_object_get_int64(value);
	if (n < 0 || n > WEBHOOK_OVERLAP_MAX)
		object_fault(r, "overlap", "value_error",
		    "overlap must be a whole number of seconds from 0 to "
		    "604800");
	else
		*overlap = n;
}

static const struct object_member rotation[] = { { "overlap", take_overlap } };
const struct object_form webhook_rotation_form = { rotation, NELEM(rotation),
	"there is only overlap", "a rotation" };

static bool
is_webhook_key(const struct page *p, size_t key_len)
{
	return pg_is_time(p->key_number) && key_len == 0;
}

void
webhook_query_parse(struct arena *a, const char *text, bool deliveries,
    struct page *p, struct faults *f)
{
	static const struct list lists[] = {
		{ .order = "-webhook", .sane = is_webhook_key },
		{ .order = "-delivery", .sane = is_webhook_key },
	};

	*p = (struct page){ .list = &lists[deliveries] };
	page_parse(a, text, p, f);
}
