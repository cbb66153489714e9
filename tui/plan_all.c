#include "tui/plan_all.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/command.h"
#include "tui/plan_text.h"

static int add(struct plan_all *all, int code)
{
	struct change *change = all->command->change;

	if (!change)
		return code;
	all->changes = xreallocarray(all->changes, all->count + 1, sizeof(struct change *));
	all->changes[all->count++] = change;
	all->runnable += change_state(change) == CHANGE_PREVIEWED;
	return code;
}

static void make_digest(struct plan_all *all)
{
	json_t *plans = json_array();
	json_t *whole;

	for (size_t i = 0; i < all->count; i++) {
		if (change_state(all->changes[i]) == CHANGE_PREVIEWED)
			json_array_append_new(plans, json_string(change_digest(all->changes[i])));
	}
	if (all->count == 1)
		memcpy(all->digest, change_digest(all->changes[0]), strlen(change_digest(all->changes[0])) + 1);
	whole = json_pack("{s:i, s:o}", "format", 1, "plans", plans);
	if (all->count > 1 && all->runnable)
		digest_json(whole, all->digest);
	json_decref(whole);
}

/* A parameter that no step needs differs without that anything else is done. */
static bool has_same_steps(const struct change *one, const struct change *other)
{
	json_t *first = change_plan_json(one);
	json_t *second = change_plan_json(other);
	bool same = json_array_size(json_object_get(first, "steps")) > 0 &&
		    json_equal(json_object_get(first, "steps"), json_object_get(second, "steps"));

	json_decref(first);
	json_decref(second);
	return same;
}

/* Two findings that the same change mends: the steps of the last plan are those of an earlier one, word by word. */
static bool last_is_there_already(const struct plan_all *all)
{
	const struct change *last = all->count ? all->changes[all->count - 1] : NULL;

	for (size_t i = 0; last && *change_digest(last) && i + 1 < all->count; i++) {
		if (*change_digest(all->changes[i]) && has_same_steps(all->changes[i], last))
			return true;
	}
	return false;
}

static void drop_last(struct plan_all *all)
{
	struct change *last = all->changes[--all->count];

	all->runnable -= change_state(last) == CHANGE_PREVIEWED;
	change_free(last);
	all->command->change = NULL;
}

static void remove_key(char **key)
{
	free(*key);
	do
		key[0] = key[1];
	while (*key++);
}

static int plan_keys(struct plan_all *all, const char *id)
{
	int code = EXIT_DONE;
	char **key = all->keys;

	while (*key && code == EXIT_DONE) {
		all->command->change = NULL;
		code = add(all, change_command_plan_key(all->command, id, *key));
		if (last_is_there_already(all)) {
			drop_last(all);
			remove_key(key);
		} else {
			key++;
		}
	}
	return code;
}

static void free_keys(char **keys)
{
	for (char **key = keys; key && *key; key++)
		free(*key);
	free(keys);
}

bool plan_all_is_found(const struct plan_all *all, size_t index)
{
	return !all->keys || symptoms_finding_by_key(all->command->session->symptoms, all->keys[index]);
}

int plan_all_make(struct plan_all *all, struct change_command *command, const char *id, const char *target)
{
	const struct runbook *runbook = runbook_find(command->session->runbooks, id);
	bool is_one = target || (runbook && runbook_plans_across(runbook));
	char **keys = is_one ? NULL : change_command_keys(command, id);
	int code;

	*all = (struct plan_all){.command = command};
	if (keys && keys[0] && keys[1])
		all->keys = take_pointer(keys);
	if (all->keys)
		code = plan_keys(all, id);
	else
		code = add(all, change_command_plan(command, id, target));
	free_keys(keys);
	if (code == EXIT_DONE && all->count)
		make_digest(all);
	if (all->count)
		command->change = all->changes[0];
	return code;
}

void plan_all_release(struct plan_all *all)
{
	for (size_t i = 0; i < all->count; i++)
		change_free(all->changes[i]);
	free(all->changes);
	free_keys(all->keys);
	if (all->command)
		all->command->change = NULL;
	*all = (struct plan_all){0};
}

void plan_all_print(const struct plan_all *all, FILE *out)
{
	const struct change_command *command = all->command;

	for (size_t i = 0; i < all->count; i++) {
		if (all->count > 1)
			fprintf(out, translate("%sPlan %zu of %zu\n"), i ? "\n" : "", i + 1, all->count);
		plan_print(out, all->changes[i], kube_client_view(command->session->client),
			   command->invocation->options->language);
	}
	if (all->count > 1 && *all->digest) {
		fputc('\n', out);
		fprintf(out, translate("%zu plans, carried out one after the other; the digest of them all:\n"),
			all->runnable);
		fprintf(out, "digest: %s\n", all->digest);
	}
}

static void add_number(json_t *whole, const char *key, const json_t *other)
{
	json_int_t sum = json_integer_value(json_object_get(whole, key)) + json_integer_value(other);

	json_object_set_new(whole, key, json_integer(sum));
}

/* Counts are added up, lists put one behind the other; of anything else the first stays. */
static void merge(json_t *whole, const json_t *part)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)part, key, value) {
		json_t *own = json_object_get(whole, key);

		if (!own)
			json_object_set_new(whole, key, json_deep_copy(value));
		else if (json_is_array(own) && json_is_array(value))
			json_array_extend(own, value);
		else if (json_is_integer(own) && json_is_integer(value))
			add_number(whole, key, value);
		else if (json_is_object(own) && json_is_object(value))
			merge(own, value);
	}
}

static void number_on(json_t *steps)
{
	size_t i;
	json_t *step;

	json_array_foreach(steps, i, step)
		json_object_set_new(step, "n", json_integer((json_int_t)i + 1));
}

/* The least that holds for all of them. */
static const char *least_undo(const struct plan_all *all)
{
	bool some = false;
	bool every = true;

	for (size_t i = 0; i < all->count; i++) {
		some = some || strcmp(change_undo(all->changes[i]), "none") != 0;
		every = every && !strcmp(change_undo(all->changes[i]), "full");
	}
	return every ? "full" : some ? "partial" : "none";
}

void plan_all_print_json(const struct plan_all *all, FILE *out)
{
	json_t *plans = json_array();
	json_t *whole;

	if (all->count == 1) {
		plan_print_json(out, all->changes[0]);
		return;
	}
	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(plans, change_plan_json(all->changes[i]));
	whole = json_deep_copy(json_array_get(plans, 0));
	for (size_t i = 1; i < all->count; i++)
		merge(whole, json_array_get(plans, i));
	number_on(json_object_get(whole, "steps"));
	json_object_set_new(whole, "digest", json_string(all->digest));
	json_object_set_new(whole, "state", json_string(all->runnable ? "previewed" : "refused"));
	json_object_set_new(whole, "undo", json_string(least_undo(all)));
	json_object_set_new(whole, "plans", plans);
	print_json_shown(out, whole, JSON_INDENT(2));
	json_decref(whole);
}
