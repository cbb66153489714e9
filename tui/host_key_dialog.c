/*
 * Host keys that nodes offered and nobody accepted: shown with their
 * fingerprints, accepted for one node or for a group at once, each listed;
 * a key that changed is refused, and said why (decisions.md 23; guide E14).
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/model/node_evidence.h"
#include "probes/model/node_survey.h"
#include "probes/ssh/host_keys.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/node_access.h"
#include "tui/node_asking.h"
#include "tui/nodes_text.h"
#include "tui/session.h"

enum { CANCEL = 1, ACCEPT = 2, ALL = 1, FIRST_GROUP = 2, MOST_GROUPS = 998, FIRST_NODE = 1000 };

/* What a dialog showed, and nothing else, is what it accepts. */
struct host_keys_asked {
	char **nodes;
	char **fingerprints;
	size_t count;
	bool replaces;		/* the one key takes the place of another: its node is a new one */
	/* Of the menu: what its entries stand for. */
	char **groups;
	size_t group_count;
	char **listed;		/* nodes */
	size_t listed_count;
};

static void texts_free(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

void host_keys_asked_free(struct host_keys_asked *asked)
{
	if (!asked)
		return;
	texts_free(asked->nodes, asked->count);
	texts_free(asked->fingerprints, asked->count);
	texts_free(asked->groups, asked->group_count);
	texts_free(asked->listed, asked->listed_count);
	free(asked);
}

static void add_text(char ***texts, size_t count, const char *text)
{
	*texts = xreallocarray(*texts, count + 1, sizeof(**texts));
	(*texts)[count] = xstrdup(text);
}

static struct node_pool *pool_of(const struct console *console)
{
	return console->session && console->session->nodes ? node_access_made_pool(console->session->nodes) : NULL;
}

static const char *group_of(const struct console *console, const char *node)
{
	const struct record *record =
		console->world.snapshot ? snapshot_by_name(console->world.snapshot, KIND_NODE, "", node) : NULL;

	return record ? node_group_of(record) : "";
}

/* Only these can be accepted together with others. */
static bool is_plain(const struct host_key_offer *offer)
{
	return offer->trouble == NODE_HOST_KEY_UNKNOWN && !offer->is_revoked;
}

static bool is_replaceable(const struct host_key_offer *offer)
{
	return offer->trouble == NODE_HOST_KEY_CHANGED && offer->is_new_node && !offer->is_revoked;
}

static void on_dialog(struct console *console, int id)
{
	struct session *session = console->session;
	struct host_keys_asked *asked = console->host_keys;
	struct node_pool *pool = pool_of(console);
	size_t accepted = 0;
	struct err err;

	console->host_keys = NULL;
	console_close_modal(console);
	for (size_t i = 0; id == ACCEPT && pool && i < asked->count; i++) {
		const struct record *node =
			snapshot_by_name(console->world.snapshot, KIND_NODE, "", asked->nodes[i]);

		if (host_key_accept(pool, asked->nodes[i], asked->fingerprints[i], asked->replaces, &err) < 0) {
			console_say_err(console, &err);
			break;
		}
		accepted++;
		if (session->node_evidence)
			node_evidence_retry(session->node_evidence, asked->nodes[i]);
		if (node && session->survey)
			node_survey_ask(session->survey, node->name, node->uid, NULL, NULL);
	}
	if (id == ACCEPT && asked && accepted == asked->count)
		console_sayf(console, ROLE_OK,
			     translate_count(accepted, N_("%zu host key accepted: the node is asked now"),
					     N_("%zu host keys accepted: the nodes are asked now")), accepted);
	else if (id != ACCEPT)
		console_say(console, ROLE_INFO, translate("no host key was accepted"));
	console->seen_host_keys = pool ? host_key_offer_count(pool) : 0;
	host_keys_asked_free(asked);
}

static void take(struct host_keys_asked *asked, const struct host_key_offer *offer)
{
	add_text(&asked->nodes, asked->count, offer->node);
	add_text(&asked->fingerprints, asked->count, offer->fingerprint);
	asked->count++;
}

static void add_how_to_compare(struct textview *body)
{
	textview_add(body, ROLE_NORMAL, "");
	textview_add(body, ROLE_NORMAL,
		     translate("Compare with the node's own console: ssh-keygen -lf "
			       "/etc/ssh/ssh_host_ed25519_key.pub"));
}

/* A key that may only be looked at, or one that takes another's place. */
static void show_changed(struct console *console, const struct host_key_offer *offer)
{
	struct host_keys_asked *asked = xcalloc(1, sizeof(*asked));
	struct dialog *dialog = dialog_new(offer->is_revoked ? translate("Revoked host key: refused")
							     : translate("Changed host key: refused"));
	struct textview *body = dialog_body(dialog);

	dialog_set_role(dialog, ROLE_CRITICAL);
	host_key_text(body, offer);
	textview_addf(body, ROLE_DIM, translate("file %s"), node_access_known_hosts(console->session->nodes));
	if (is_replaceable(offer)) {
		auto_free char *prompt = xasprintf(translate("type %s, then Tab and y: "), offer->node);

		add_how_to_compare(body);
		take(asked, offer);
		asked->replaces = true;
		dialog_expect(dialog, prompt, offer->node);
		dialog_add_button(dialog, ACCEPT, translate("Replace"), 'y', BUTTON_DANGEROUS);
	}
	dialog_add_button(dialog, CANCEL, is_replaceable(offer) ? translate("Cancel") : translate("Close"), 'n',
			  BUTTON_CANCEL | BUTTON_START);
	host_keys_asked_free(console->host_keys);
	console->host_keys = asked;
	console_show_dialog(console, dialog, on_dialog);
}

/* group NULL: every node; node NULL: every one of the group. */
static void show_unknown(struct console *console, const char *group, const char *node)
{
	size_t count;
	auto_free const struct host_key_offer **offers = host_keys_offered(pool_of(console), &count);
	struct host_keys_asked *asked = xcalloc(1, sizeof(*asked));
	struct dialog *dialog = dialog_new(translate("Accept these host keys?"));
	struct textview *body = dialog_body(dialog);

	textview_addf(body, ROLE_NORMAL, translate("Nobody here has seen them yet. Accepted, they are kept in %s."),
		      node_access_known_hosts(console->session->nodes));
	for (size_t i = 0; i < count; i++) {
		const struct host_key_offer *offer = offers[i];

		if (!is_plain(offer) || (node && strcmp(offer->node, node) != 0) ||
		    (group && strcmp(group_of(console, offer->node), group) != 0))
			continue;
		take(asked, offer);
		host_key_line(body, offer);
	}
	add_how_to_compare(body);
	dialog_add_button(dialog, CANCEL, translate("Cancel"), 'n', BUTTON_CANCEL | BUTTON_START);
	dialog_add_button(dialog, ACCEPT, translate("Accept"), 'y', BUTTON_DANGEROUS);
	host_keys_asked_free(console->host_keys);
	console->host_keys = asked;
	console_show_dialog(console, dialog, on_dialog);
}

static const struct host_key_offer *offer_of(const struct console *console, const char *node)
{
	struct node_pool *pool = pool_of(console);

	for (size_t i = 0; pool && i < host_key_offer_count(pool); i++) {
		if (!strcmp(host_key_offer_at(pool, i)->node, node))
			return host_key_offer_at(pool, i);
	}
	return NULL;
}

static void show_one(struct console *console, const char *node)
{
	const struct host_key_offer *offer = offer_of(console, node);

	if (!offer)
		console_say(console, ROLE_INFO, translate("this host key does not wait any more"));
	else if (is_plain(offer))
		show_unknown(console, NULL, node);
	else
		show_changed(console, offer);
}

static void on_menu(struct console *console, int id)
{
	struct host_keys_asked *menu = take_pointer(console->host_keys);

	console_close_modal(console);
	if (id == ALL)
		show_unknown(console, NULL, NULL);
	else if (id >= FIRST_NODE && (size_t)(id - FIRST_NODE) < menu->listed_count)
		show_one(console, menu->listed[id - FIRST_NODE]);
	else if (id >= FIRST_GROUP && id < FIRST_NODE && (size_t)(id - FIRST_GROUP) < menu->group_count)
		show_unknown(console, menu->groups[id - FIRST_GROUP], NULL);
	host_keys_asked_free(menu);
}

static size_t unknown_in(const struct console *console, const struct node_pool *pool, const char *group)
{
	size_t n = 0;

	for (size_t i = 0; i < host_key_offer_count(pool); i++) {
		const struct host_key_offer *offer = host_key_offer_at(pool, i);

		n += is_plain(offer) && (!group || !strcmp(group_of(console, offer->node), group));
	}
	return n;
}

/* Groups of more than one node, each once. */
static void add_groups(const struct console *console, const struct node_pool *pool, struct menu *menu,
		       struct host_keys_asked *asked)
{
	struct map seen = {0};
	size_t all = unknown_in(console, pool, NULL);

	for (size_t i = 0; i < host_key_offer_count(pool) && asked->group_count < MOST_GROUPS; i++) {
		const char *group = group_of(console, host_key_offer_at(pool, i)->node);
		size_t n = unknown_in(console, pool, group);

		if (!*group || n < 2 || n == all || map_put(&seen, group, (void *)(uintptr_t)1))
			continue;
		auto_free char *label = xasprintf(translate("node group %s: %zu unknown host keys"), group, n);

		menu_add(menu, FIRST_GROUP + (int)asked->group_count, label, "", NULL, NULL);
		add_text(&asked->groups, asked->group_count++, group);
	}
	map_release(&seen);
}

static const char *state_of(const struct host_key_offer *offer)
{
	if (offer->is_revoked)
		return translate("REVOKED");
	if (offer->trouble == NODE_HOST_KEY_CHANGED)
		return offer->is_new_node ? translate("CHANGED, a new node") : translate("CHANGED");
	return translate("unknown");
}

static void show_menu(struct console *console, const struct node_pool *pool)
{
	struct host_keys_asked *asked = xcalloc(1, sizeof(*asked));
	struct menu *menu = menu_new(translate("Host keys that nobody accepted"));
	size_t unknown = unknown_in(console, pool, NULL);
	size_t count;
	auto_free const struct host_key_offer **offers = host_keys_offered(pool, &count);

	if (unknown > 1) {
		auto_free char *label = xasprintf(translate("all %zu unknown host keys"), unknown);

		menu_add(menu, ALL, label, "", NULL, NULL);
	}
	add_groups(console, pool, menu, asked);
	for (size_t i = 0; i < count; i++) {
		const struct host_key_offer *offer = offers[i];
		auto_free char *note = xasprintf("%s  %s", state_of(offer), offer->fingerprint);

		menu_add(menu, FIRST_NODE + (int)i, offer->node, note, NULL, NULL);
		add_text(&asked->listed, asked->listed_count++, offer->node);
	}
	host_keys_asked_free(console->host_keys);
	console->host_keys = asked;
	console_show_menu(console, menu, on_menu);
}

void console_ask_host_keys(struct console *console)
{
	struct node_pool *pool = pool_of(console);
	size_t count = pool ? host_key_offer_count(pool) : 0;

	if (!count)
		console_say(console, ROLE_INFO, translate("no host key waits to be accepted"));
	else if (count == 1)
		show_one(console, host_key_offer_at(pool, 0)->node);
	else
		show_menu(console, pool);
}

void console_note_host_keys(struct console *console)
{
	struct node_pool *pool = pool_of(console);
	size_t count = pool ? host_key_offer_count(pool) : 0;
	char key[KEY_TEXT_SIZE];

	if (count > console->seen_host_keys)
		console_sayf(console, ROLE_WARNING,
			     translate_count(count, N_("%zu node has a host key that nobody accepted: %s shows it"),
					     N_("%zu nodes have host keys that nobody accepted: %s lists them")), count,
			     world_key(&console->world, ACTION_HOST_KEYS, key));
	console->seen_host_keys = count;
}
