/* permissions: an exact access review for each verb of each step; all that is missing is said at once. */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/plan_check.h"

static bool is_same_question(const struct access_question *a, const struct access_question *b)
{
	return !strcmp(a->verb, b->verb) && !strcmp(a->group, b->group) && !strcmp(a->resource, b->resource) &&
	       !strcmp(a->subresource, b->subresource) && !strcmp(a->name_space, b->name_space) &&
	       !strcmp(a->name, b->name);
}

static void add_permission(struct change *change, const struct access_question *question, bool is_blocking)
{
	struct permission *permission;

	for (size_t i = 0; i < change->permission_count; i++) {
		if (is_same_question(&change->permissions[i].question, question))
			return;
	}
	change->permissions = xreallocarray(change->permissions, change->permission_count + 1,
					    sizeof(*change->permissions));
	permission = &change->permissions[change->permission_count++];
	*permission = (struct permission){
		.question = *question, .is_blocking = is_blocking, .verdict = ACCESS_UNKNOWN};
}

void plan_permission(struct change *change, const char *verb, const struct target *target, const char *subresource)
{
	const struct access_question question = {
		.verb = verb,
		.group = target->kind->group,
		.resource = target->kind->resource,
		.subresource = subresource,
		.name_space = target->kind->namespaced ? target->name_space : "",
		.name = target->name,
	};

	add_permission(change, &question, true);
}

void plan_permission_named(struct change *change, const char *verb, const struct kind *kind, const char *name_space,
			   const char *subresource)
{
	const struct access_question question = {
		.verb = verb,
		.group = kind->group,
		.resource = kind->resource,
		.subresource = subresource,
		.name_space = name_space,
		.name = "",
	};

	add_permission(change, &question, true);
}

static void add_lease_permissions(struct change *change)
{
	static const char *const verbs[] = {"get", "list", "create", "update", "delete"};

	for (size_t i = 0; i < array_length(verbs); i++) {
		const struct access_question question = {
			.verb = verbs[i],
			.group = "coordination.k8s.io",
			.resource = "leases",
			.subresource = "",
			.name_space = "kube-system",
			.name = "",
		};

		add_permission(change, &question, false);
	}
}

/* The array of permissions does not grow any more while answers are awaited, so that data may point into it. */
static void on_review(struct change *change, void *data, const struct kube_result *result)
{
	struct permission *permission = data;
	const json_t *status = json_object_get(result->document, "status");

	if (result->code != ERR_NONE)
		permission->err = result->err;
	else if (json_is_true(json_object_get(status, "allowed")))
		permission->verdict = ACCESS_ALLOWED;
	else
		permission->verdict = ACCESS_DENIED;
	plan_answered(change);
}

static void ask_one(struct change *change, struct permission *permission)
{
	const struct access_question *question = &permission->question;
	json_t *review = json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:s, s:s, s:s, s:s}}}", "apiVersion",
				   "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec",
				   "resourceAttributes", "verb", question->verb, "group", question->group, "resource",
				   question->resource, "subresource", question->subresource, "namespace",
				   question->name_space, "name", question->name);
	auto_free char *body = json_dumps(review, JSON_COMPACT);
	const struct call_request request = {
		.door = CALL_ASK,
		.method = "POST",
		.path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		.body = body,
		.on_done = on_review,
		.data = permission,
	};

	json_decref(review);
	change->pending++;
	change_call(change, &request);
}

static void add_optional(struct change *change, const struct access_question *question)
{
	add_permission(change, question, false);
}

static void ask(struct change *change, const json_t *definition)
{
	(void)definition;
	add_lease_permissions(change);
	audit_ask(change, add_optional);
	for (size_t i = 0; i < change->permission_count; i++)
		ask_one(change, &change->permissions[i]);
}

static char *permission_text(const struct access_question *question)
{
	return xasprintf("%s %s%s%s%s%s %s%s%s", question->verb, question->resource, *question->subresource ? "/" : "",
			 question->subresource, *question->group ? "." : "", question->group, question->name_space,
			 *question->name_space ? "/" : "", question->name);
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(8192);
	CLEANUP(buffer_release) struct buffer unknown = BUFFER_INIT(8192);

	(void)definition;
	for (size_t i = 0; i < change->permission_count; i++) {
		const struct permission *permission = &change->permissions[i];
		auto_free char *text = permission_text(&permission->question);

		if (!permission->is_blocking || permission->verdict == ACCESS_ALLOWED)
			continue;
		if (permission->verdict == ACCESS_DENIED) {
			plan_check_reason(&missing, text);
		} else {
			auto_free char *why = change_say_err(change, &permission->err);

			plan_check_reason(&unknown, text);
			buffer_addf(&unknown, ": %s", why);
		}
	}
	if (missing.length) {
		precondition->ok = TRUTH_FALSE;
		precondition->reason = change_say(change, "missing: {verbs}", "verbs", buffer_text(&missing), NULL);
	} else if (unknown.length) {
		precondition->ok = TRUTH_UNKNOWN;
		precondition->reason = buffer_detach(&unknown);
	}
}

const struct plan_check permissions_check = {
	.name = "permissions",
	.ask = ask,
	.judge = judge,
};
