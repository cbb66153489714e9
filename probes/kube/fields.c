#include "probes/kube/fields.h"

#include <ctype.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/fields_rows.h"

enum { MOST_SEGMENTS = 32, MOST_EXTRAS = 1000 };

/* Labels and annotations have no row of their own: the key of the tree is the key of the label. */
static const struct field_row label_row = {"", FIELD_LABEL, .limit = TEXT_LIMIT};
static const struct field_mount label_mount = {"", GROUP_LABELS, 0, NULL, 0};
static const struct field_mount annotation_mount = {"", GROUP_ANNOTATIONS, 0, NULL, 0};

static struct field_node *node_new(const char *key, size_t length)
{
	struct field_node *node = xcalloc(1, sizeof(*node));

	node->is_prefix = length > 1 && key[length - 1] == '*';
	node->key_length = node->is_prefix ? length - 1 : length;
	node->key = xstrndup(key, node->key_length);
	node->extra = -1;
	return node;
}

static void node_free(struct field_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->child_count; i++)
		node_free(node->children[i]);
	node_free(node->each);
	free(node->children);
	free(node->actions);
	free(node->key);
	free(node);
}

const struct field_node *field_node_child(const struct field_node *node, const char *key, size_t length)
{
	const struct field_node *by_prefix = NULL;

	for (size_t i = 0; i < node->child_count; i++) {
		const struct field_node *child = node->children[i];

		if (child->key_length == length && !child->is_prefix && !memcmp(child->key, key, length))
			return child;
		if (child->is_prefix && child->key_length < length && !memcmp(child->key, key,
									      child->key_length))
			by_prefix = child;
	}
	return by_prefix;
}

size_t field_node_text_limit(const struct field_node *node)
{
	size_t limit = node->extra >= 0 ? node->extra_limit : 0;

	for (size_t i = 0; i < node->action_count; i++) {
		if (node->actions[i].row->limit > limit)
			limit = node->actions[i].row->limit;
	}
	return limit ? limit : NAME_LIMIT;
}

static struct field_node *child_make(struct field_node *node, const char *key, size_t length)
{
	struct field_node *fresh = node_new(key, length);

	for (size_t i = 0; i < node->child_count; i++) {
		struct field_node *child = node->children[i];

		if (child->is_prefix == fresh->is_prefix && !strcmp(child->key, fresh->key)) {
			node_free(fresh);
			return child;
		}
	}
	node->children = xreallocarray(node->children, node->child_count + 1, sizeof(*node->children));
	node->children[node->child_count++] = fresh;
	return fresh;
}

static struct field_node *each_make(struct field_node *node)
{
	if (!node->each)
		node->each = node_new("", 0);
	return node->each;
}

static void add_action(struct field_node *node, const struct field_mount *mount, const struct field_row *row)
{
	for (size_t i = 0; i < node->action_count; i++) {
		if (node->actions[i].mount->group == mount->group && node->actions[i].row == row)
			return;
	}
	node->actions = xreallocarray(node->actions, node->action_count + 1, sizeof(*node->actions));
	node->actions[node->action_count++] = (struct field_action){mount, row};
}

/* "[...]" at **at: moves past it and gives what is inside, or -1. */
static int read_bracket(const char **at, const char **ret_key, size_t *ret_length)
{
	const char *close = strchr(*at, ']');

	if (!close || close == *at + 1)
		return -1;
	*ret_key = *at + 1;
	*ret_length = (size_t)(close - *at - 1);
	*at = close + 1;
	return 0;
}

static bool is_number(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

static int bad_path(struct err *err, const char *path, const char *why)
{
	return err_set(err, ERR_CONFIG, "the path {path} is not valid: {reason}", "path", path, "reason",
		       why, NULL);
}

/* One name and its brackets. */
static struct field_node *descend_segment(struct field_node *node, const char **at, const char **ret_why)
{
	size_t length = strcspn(*at, ".[");
	const char *key;
	size_t key_length;

	if (!length) {
		*ret_why = "a name is expected";
		return NULL;
	}
	node = child_make(node, *at, length);
	*at += length;
	while (**at == '[') {
		if (read_bracket(at, &key, &key_length) < 0) {
			*ret_why = "[ without a key and ]";
			return NULL;
		}
		if (is_number(key, key_length)) {
			*ret_why = "a list has no fixed order: use [*]";
			return NULL;
		}
		if (key_length == 1 && *key == '*')
			node = each_make(node);
		else
			node = child_make(node, key, key_length);
	}
	return node;
}

/* The node at a path, made where it is missing; NULL with *ret_why. "" is the root. */
static struct field_node *descend(struct field_node *node, const char *path, const char **ret_why)
{
	const char *at = path;

	for (int segments = 0; *at; segments++) {
		if (segments == MOST_SEGMENTS) {
			*ret_why = "too many parts";
			return NULL;
		}
		node = descend_segment(node, &at, ret_why);
		if (!node)
			return NULL;
		if (*at == '.') {
			at++;
			if (!*at) {
				*ret_why = "a name is expected after the last dot";
				return NULL;
			}
		} else if (*at) {
			*ret_why = "a dot is expected after ]";
			return NULL;
		}
	}
	return node;
}

static struct field_node *descend_built_in(struct field_node *node, const char *path)
{
	const char *why;
	struct field_node *found = descend(node, path, &why);

	if (!found)
		bug("a built-in path that is not valid");
	return found;
}

static void add_mount(struct field_table *table, const struct field_mount *mount)
{
	struct field_node *node = descend_built_in(table->root, mount->path);

	if (mount->group != GROUP_RECORD)
		node->mount = mount;
	for (size_t i = 0; i < mount->row_count; i++)
		add_action(descend_built_in(node, mount->rows[i].path), mount, &mount->rows[i]);
}

static void want_labels(struct field_table *table, const char *path, const struct field_mount *mount,
			const char *const *keys)
{
	struct field_node *labels = descend_built_in(table->root, path);

	for (; *keys; keys++)
		add_action(child_make(labels, *keys, strlen(*keys)), mount, &label_row);
}

struct field_table *field_table_new(const struct kind *kind)
{
	struct field_table *table = xcalloc(1, sizeof(*table));

	table->kind = kind;
	table->layout = kind_layout(kind->id);
	table->root = node_new("", 0);
	for (size_t i = 0; i < common_mount_count; i++)
		add_mount(table, &common_mounts[i]);
	for (size_t i = 0; i < table->layout->mount_count; i++)
		add_mount(table, &table->layout->mounts[i]);
	want_labels(table, "metadata.labels", &label_mount, table->layout->labels);
	want_labels(table, "metadata.annotations", &annotation_mount, table->layout->annotations);
	return table;
}

static void path_free(struct field_path *path)
{
	free(path->text);
	free(path->key);
	free(path);
}

void field_table_free(struct field_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->path_count; i++)
		path_free(table->paths[i]);
	free(table->paths);
	node_free(table->root);
	free(table);
}

const struct kind *field_table_kind(const struct field_table *table)
{
	return table->kind;
}

static const struct group_place *find_place(const struct field_table *table, enum field_group group)
{
	for (size_t i = 0; i < common_place_count; i++) {
		if (common_places[i].group == group)
			return &common_places[i];
	}
	for (size_t i = 0; i < table->layout->place_count; i++) {
		if (table->layout->places[i].group == group)
			return &table->layout->places[i];
	}
	return NULL;
}

/* "metadata.labels[key]": the key, or NULL. Caller frees. */
static char *label_key(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);
	const char *close;

	if (strncmp(path, prefix, length))
		return NULL;
	close = strchr(path + length, ']');
	if (!close || close[1])
		return NULL;
	return xstrndup(path + length, (size_t)(close - path) - length);
}

static bool resolve_label(struct field_path *path, struct field_node *node)
{
	path->key = label_key(path->text, "metadata.labels[");
	if (path->key && strcmp(path->key, "*")) {
		path->source = PATH_LABEL;
		add_action(node, &label_mount, &label_row);
		return true;
	}
	free(path->key);
	path->key = label_key(path->text, "metadata.annotations[");
	if (path->key && strcmp(path->key, "*")) {
		path->source = PATH_ANNOTATION;
		add_action(node, &annotation_mount, &label_row);
		return true;
	}
	free(take_pointer(path->key));
	return false;
}

static bool resolve_member(const struct field_table *table, struct field_path *path,
			   const struct field_node *node)
{
	for (size_t i = 0; i < node->action_count; i++) {
		const struct field_action *action = &node->actions[i];

		if (action->row->gate == GATE_LOSSY || action->row->type == FIELD_LABEL)
			continue;
		path->source = action->row->type == FIELD_LIST ? PATH_LIST : PATH_MEMBER;
		path->mount = action->mount;
		path->row = action->row;
		path->place = find_place(table, action->mount->group);
		return true;
	}
	return false;
}

static int resolve_extra(struct field_table *table, struct field_path *path, struct field_node *node,
			 struct err *err)
{
	bool is_message = strstr(path->text, "essage") != NULL || strstr(path->text, "note") != NULL;

	if (table->extra_count == MOST_EXTRAS)
		return err_set(err, ERR_LIMIT, "more than {n} extra paths of {kind} are wanted", "n",
			       "1000", "kind",
			       table->kind->name, NULL);
	path->source = PATH_EXTRA;
	path->extra = table->extra_count++;
	node->extra = path->extra;
	node->extra_limit = is_message ? MESSAGE_LIMIT : TEXT_LIMIT;
	return 0;
}

int field_table_want(struct field_table *table, const char *path, const struct field_path **ret_path,
		     struct err *err)
{
	const char *why = NULL;
	struct field_node *node;
	struct field_path *fresh;

	for (size_t i = 0; i < table->path_count; i++) {
		if (!strcmp(table->paths[i]->text, path)) {
			*ret_path = table->paths[i];
			return 0;
		}
	}
	if (!*path)
		return bad_path(err, path, "it is empty");
	node = descend(table->root, path, &why);
	if (!node)
		return bad_path(err, path, why);
	fresh = xcalloc(1, sizeof(*fresh));
	fresh->text = xstrdup(path);
	fresh->kind = table->kind;
	if (!resolve_label(fresh, node) && !resolve_member(table, fresh, node) &&
	    resolve_extra(table, fresh, node, err) < 0) {
		path_free(fresh);
		return -1;
	}
	table->paths = xreallocarray(table->paths, table->path_count + 1, sizeof(struct field_path *));
	table->paths[table->path_count++] = fresh;
	*ret_path = fresh;
	return 0;
}
