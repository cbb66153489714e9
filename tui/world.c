#include "tui/world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/image.h"
#include "tui/command.h"
#include "tui/keymap.h"

const char *world_key(const struct world *world, enum action action, char out[KEY_TEXT_SIZE])
{
	keymap_first(world->keymap, action, out);
	return out;
}

bool world_is_system(const struct world *world, const char *name_space)
{
	for (const char *const *at = world->system_namespaces; at && *at; at++) {
		if (!strcmp(*at, name_space))
			return true;
	}
	return false;
}

void world_age(const struct world *world, int64_t since, char *out, unsigned long size)
{
	if (since)
		clock_age(world->now - since, out, size);
	else
		snprintf(out, size, "%s", "");
}

void world_clock(int64_t wall, char *out, unsigned long size)
{
	time_t seconds = (time_t)wall;
	struct tm local;

	out[0] = '\0';
	if (wall && localtime_r(&seconds, &local))
		strftime(out, size, "%H:%M:%S", &local);
}

void world_moment(const char *rfc3339, bool zone, char *out, unsigned long size)
{
	int64_t wall;
	time_t seconds;
	struct tm local;

	snprintf(out, size, "%s", rfc3339);
	if (clock_parse(rfc3339, &wall) < 0)
		return;
	seconds = (time_t)wall;
	if (localtime_r(&seconds, &local))
		strftime(out, size, zone ? "%Y-%m-%d %H:%M:%S %Z" : "%Y-%m-%d %H:%M:%S", &local);
}

static void add_message(struct buffer *out, const struct message *message)
{
	auto_free char *text = message_text(message);

	buffer_add_text(out, text);
}

bool world_is_loading(const struct world *world)
{
	for (int kind = 0; world->snapshot && kind < KIND_COUNT; kind++) {
		if (kind_get((enum kind_id)kind)->is_core &&
		    snapshot_collection(world->snapshot, (enum kind_id)kind)->state == COLLECTION_NEVER)
			return true;
	}
	return false;
}

/* "500 of 2000", or nothing where the server does not say. */
static void add_progress(const struct collection *collection, struct buffer *out)
{
	if (collection->count && collection->remaining > 0)
		buffer_addf(out, translate(" %zu of %zu"), collection->count,
			    collection->count + (size_t)collection->remaining);
}

static bool link_is_lost(const struct world *world)
{
	return world->link && world->link->code != ERR_NONE;
}

void world_note(const struct world *world, enum kind_id kind, struct buffer *out, bool *ret_stale)
{
	const struct collection *collection = snapshot_collection(world->snapshot, kind);
	int64_t age_ms = collection->proven_ms ? world->now_ms - collection->proven_ms : 0;
	char age[32];

	clock_age(age_ms / 1000, age, sizeof(age));
	*ret_stale = false;
	switch (collection->state) {
	case COLLECTION_CURRENT:
		*ret_stale = link_is_lost(world) && age_ms > OLD_WITHOUT_LINK_MS;
		if (*ret_stale)
			buffer_addf(out, translate("%s: %s old"), err_layer(world->link->code), age);
		else if (age_ms > OLD_AFTER_MS)
			buffer_addf(out, "%s", age);
		return;
	case COLLECTION_STALE:
		*ret_stale = true;
		buffer_addf(out, translate("%s: %s old"), err_layer(collection->err.code), age);
		return;
	case COLLECTION_FORBIDDEN:
		buffer_add_text(out, translate("forbidden"));
		*ret_stale = collection->listed_once;
		return;
	case COLLECTION_FAILED:
		buffer_addf(out, "%s", err_layer(collection->err.code));
		return;
	case COLLECTION_ABSENT:
		buffer_add_text(out, translate("no such kind"));
		return;
	case COLLECTION_NEVER:
		buffer_add_text(out, translate("listing"));
		if (collection->count && collection->remaining > 0)
			buffer_addf(out, " %zu%%",
				    100 * collection->count / (collection->count + (size_t)collection->remaining));
		return;
	}
}

void world_link_note(const struct world *world, struct buffer *out, bool *ret_stale)
{
	const struct link_state *link = world->link;
	char age[32];

	*ret_stale = link && link->code != ERR_NONE && link->ever_answered;
	if (!*ret_stale)
		return;
	clock_age((world->now_ms - link->last_answer_ms) / 1000, age, sizeof(age));
	buffer_addf(out, translate("%s: %s old"), err_layer(link->code), age);
}

void world_empty(const struct world *world, enum kind_id kind, struct buffer *out)
{
	const struct collection *collection;

	if (!world->snapshot) {
		buffer_add_text(out, translate("no cluster"));
		return;
	}
	collection = snapshot_collection(world->snapshot, kind);
	switch (collection->state) {
	case COLLECTION_NEVER:
		buffer_addf(out, translate("listing %s ..."), kind_get(kind)->resource);
		add_progress(collection, out);
		return;
	case COLLECTION_FORBIDDEN:
		buffer_addf(out, translate("forbidden: list %s"), kind_get(kind)->resource);
		if (kind_get(kind)->group[0])
			buffer_addf(out, ".%s", kind_get(kind)->group);
		return;
	case COLLECTION_FAILED:
	case COLLECTION_STALE:
		buffer_addf(out, "%s: ", err_layer(collection->err.code));
		add_message(out, &collection->err.what);
		return;
	case COLLECTION_ABSENT:
		buffer_addf(out, translate("this cluster has no %s"), kind_get(kind)->resource);
		return;
	case COLLECTION_CURRENT:
		return;
	}
}

static const char *separator(const struct world *world)
{
	return world->glyphs == GLYPHS_UTF8 ? " · " : " | ";
}

static void add_network(const struct world *world, struct buffer *out)
{
	const struct record *record =
		snapshot_by_name(world->snapshot, KIND_DAEMON_SET, "kube-system", "calico-node");
	const struct workload_record *calico = record ? record_workload(record) : NULL;

	for (size_t i = 0; calico && i < calico->spec_count; i++) {
		struct image_reference image;

		if (strcmp(calico->specs[i].name, "calico-node") != 0 ||
		    image_parse(calico->specs[i].image, &image) < 0)
			continue;
		buffer_addf(out, "%scalico %s", out->length ? separator(world) : "",
			    image.tag + (image.tag[0] == 'v'));
		return;
	}
}

/* "containerd", or "docker→containerd" while nodes differ. */
static void add_runtime(const struct world *world, struct buffer *out)
{
	struct record_list nodes = snapshot_all(world->snapshot, KIND_NODE);
	bool docker = false;
	char other[32] = "";

	for (size_t i = 0; i < nodes.count; i++) {
		const char *runtime = record_node(nodes.items[i])->container_runtime;
		size_t length = strcspn(runtime, ":");

		if (length == strlen("docker") && !strncmp(runtime, "docker", length))
			docker = true;
		else if (length && !other[0])
			snprintf(other, sizeof(other), "%.*s", (int)length, runtime);
	}
	if (!docker && !other[0])
		return;
	buffer_addf(out, "%s%s", out->length ? separator(world) : "", docker ? "docker" : other);
	if (docker && other[0])
		buffer_addf(out, "%s%s", glyph_text(world->glyphs, GLYPH_ARROW_RIGHT), other);
}

void world_facts(const struct world *world, struct buffer *out)
{
	if (world->server_version && world->server_version[0])
		buffer_add_text(out, world->server_version);
	if (!world->snapshot)
		return;
	add_network(world, out);
	add_runtime(world, out);
}

char *world_title(const struct world *world, const struct finding *finding)
{
	const char *title = finding_text(finding, world->language, "title");

	if (!title)
		title = finding->runbook->slug;
	if (!finding->group_name || !finding->group_name[0])
		return xstrdup(title);
	return xasprintf("%s%s%s", finding->group_name, separator(world), title);
}

size_t world_node_prefix(const struct world *world)
{
	struct record_list nodes = snapshot_all(world->snapshot, KIND_NODE);
	size_t shared = nodes.count > 1 ? strlen(nodes.items[0]->name) : 0;

	for (size_t i = 1; i < nodes.count; i++) {
		size_t at = 0;

		while (at < shared && nodes.items[i]->name[at] == nodes.items[0]->name[at])
			at++;
		shared = at;
	}
	/* Back to the beginning of a word, and one word more, so that a name is left and not a number. */
	for (int words = 0; shared && words < 2; words++) {
		if (words)
			shared--;
		while (shared && nodes.items[0]->name[shared - 1] != '-')
			shared--;
	}
	return shared;
}

char *world_object_name(const char *kind, const char *name_space, const char *name)
{
	return name_space[0] ? xasprintf("%s/%s/%s", kind, name_space, name) : xasprintf("%s/%s", kind, name);
}
