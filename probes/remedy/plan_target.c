#include <ctype.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/target_kind.h"

enum { FILLED_MAXIMUM = 4096 };

void target_free(struct target *target)
{
	if (!target)
		return;
	json_decref(target->document);
	json_decref(target->planned);
	free(target->name_space);
	free(target->name);
	free(target->label);
	free(target->path);
	free(target);
}

/* The value of a place: a parameter, or a member of the finding's object. */
static const char *place_value(const struct change *change, const char *place, const struct finding_object *object)
{
	const char *value = plan_parameter(change, place);

	if (value || !object)
		return value;
	if (!strcmp(place, "namespace"))
		return object->name_space;
	if (!strcmp(place, "name"))
		return object->name;
	if (!strcmp(place, "kind"))
		return object->kind;
	return !strcmp(place, "node") ? plan_node_of(change, object) : NULL;
}

/* The length of a place's name after a brace; 0: it is just a brace. */
static size_t place_length(const char *open)
{
	size_t n = 0;

	while (isalnum((unsigned char)open[1 + n]))
		n++;
	return open[1 + n] == '}' ? n : 0;
}

int plan_fill(const struct change *change, const char *text, const struct finding_object *object, char **ret_text,
	      struct err *err)
{
	CLEANUP(buffer_release) struct buffer filled = BUFFER_INIT(FILLED_MAXIMUM);

	while (*text) {
		size_t plain = strcspn(text, "{");
		size_t length = text[plain] ? place_length(text + plain) : 0;
		auto_free char *place = length ? xstrndup(text + plain + 1, length) : NULL;
		const char *value = place ? place_value(change, place, object) : NULL;

		buffer_add(&filled, text, plain);
		text += plain;
		if (!*text)
			break;
		if (place && !value)
			return err_set(err, ERR_REFUSED, "the value of {place} is not known", "place", place, NULL);
		buffer_add_text(&filled, place ? value : "{");
		text += place ? length + 2 : 1;
	}
	if (filled.overflowed)
		return err_set(err, ERR_LIMIT, "a value of the plan is too long", NULL);
	*ret_text = buffer_detach(&filled);
	return 0;
}

static struct target *find_target(const struct change *change, const char *label)
{
	for (size_t i = 0; i < change->target_count; i++) {
		if (!strcmp(change->targets[i]->label, label))
			return change->targets[i];
	}
	return NULL;
}

static char *make_label(const struct kind *kind, const char *name_space, const char *name)
{
	return kind->namespaced ? xasprintf("%s/%s/%s", kind->name, name_space, name)
				: xasprintf("%s/%s", kind->name, name);
}

struct target *plan_target_get(struct change *change, const struct kind *kind, const char *name_space,
			       const char *name)
{
	auto_free char *label = make_label(kind, name_space, name);
	struct target *target = find_target(change, label);

	if (target)
		return target;
	target = xcalloc(1, sizeof(*target));
	target->kind = kind;
	target->path = kind_path(kind, kind->namespaced ? name_space : NULL, name);
	target->name_space = xstrdup(kind->namespaced ? name_space : "");
	target->name = xstrdup(name);
	target->label = take_pointer(label);
	change->targets = xreallocarray(change->targets, change->target_count + 1, sizeof(struct target *));
	change->targets[change->target_count++] = target;
	return target;
}

int plan_target(struct change *change, const json_t *definition, const struct finding_object *object,
		struct target **ret_target, struct err *err)
{
	const char *kind_name = json_string_value(json_object_get(definition, "kind"));
	const char *space_text = json_string_value(json_object_get(definition, "namespace"));
	const char *name_text = json_string_value(json_object_get(definition, "name"));
	const struct kind *kind = kind_name ? target_kind_find(kind_name) : NULL;
	auto_free char *name_space = NULL;
	auto_free char *name = NULL;

	if (!kind || !name_text)
		return err_set(err, ERR_REFUSED, "a step's target {kind} is none that this version can change", "kind",
			       kind_name, NULL);
	if (plan_fill(change, space_text ? space_text : "", object, &name_space, err) < 0 ||
	    plan_fill(change, name_text, object, &name, err) < 0)
		return -1;
	*ret_target = plan_target_get(change, kind, name_space, name);
	return 0;
}
