/* For tests of the symptoms engine: runbooks of its own, a snapshot filled from JSON. */
#ifndef TESTS_UNIT_SYMPTOMS_FIXTURE_H
#define TESTS_UNIT_SYMPTOMS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/symptoms/symptoms.h"
#include "tests/unit/kube/scan.h"

enum { START = 1795255200 };	/* 2026-11-21T10:00:00Z */

struct fixture {
	char folder[64];
	struct field_set fields;
	struct runbook_set *runbooks;
	struct snapshot *snapshot;
	struct evidence_store *evidence;
	struct symptoms *symptoms;
	int64_t now;
	int64_t next;
	int version;		/* resourceVersion of the object that was put last */
};

#define TEXTS "\"texts\":{\"en\":{\"title\":\"t\",\"symptom\":\"s\",\"cause\":\"c\",\"evidence\":\"e\",\"remedy\":\"r\"," \
	"\"risks\":\"k\",\"limits\":\"l\"}}"
#define WHEN_LABEL(name) "{\"field\":{\"path\":\"metadata.labels[" name "]\",\"op\":\"eq\",\"value\":\"yes\"}}"

/* A runbook's JSON: id, slug, severities, subject, group and the other members. */
#define RUNBOOK(id, slug, severity, system, subject, group, members) \
	"{\"format\":1,\"id\":\"" id "\",\"slug\":\"" slug "\",\"severity\":{\"default\":\"" severity \
	"\",\"inSystemNamespaces\":\"" system "\"},\"subject\":\"" subject "\",\"group\":\"" group "\"," members \
	"," TEXTS "}"

static const char *const fixture_runbooks[] = {
	RUNBOOK("E03", "hub-limit", "warning", "critical", "Pod", "owner",
		"\"absorbs\":[\"image-pull\"],\"before\":[\"E08\"],\"when\":" WHEN_LABEL("hub")),
	RUNBOOK("E07", "memory", "critical", "critical", "Pod", "node", "\"before\":[\"E03\"],\"when\":" WHEN_LABEL("mem")),
	RUNBOOK("E08", "calico", "critical", "critical", "Deployment", "cluster",
		"\"needs\":[\"Pod\",\"ReplicaSet\"],\"absorbs\":[\"image-pull\",\"not-ready\"],"
		"\"applies\":{\"join\":{\"to\":\"Deployment\",\"by\":\"name\",\"namespace\":\"kube-system\",\"name\":\"typha\"}},"
		"\"when\":{\"all\":[{\"field\":{\"path\":\"metadata.name\",\"op\":\"eq\",\"value\":\"typha\"}},"
		"{\"join\":{\"to\":\"Pod\",\"by\":\"owned\",\"that\":{\"waiting\":{\"reason\":[\"ErrImagePull\"]}}}}]}"),
	RUNBOOK("E10", "with-evidence", "warning", "warning", "Pod", "object",
		"\"messages\":{\"full\":{\"pattern\":\"disk is full\",\"examples\":{\"match\":[\"disk is full\"],"
		"\"nomatch\":[\"fine\"]}}},\"when\":" WHEN_LABEL("ask") ","
		"\"collect\":[{\"name\":\"log\",\"type\":\"log\",\"container\":\"c\",\"tailLines\":50,\"deciding\":true}],"
		"\"confirm\":{\"log\":{\"collect\":\"log\",\"message\":\"full\"}}"),
	RUNBOOK("image-pull", "image-pull", "warning", "critical", "Pod", "owner",
		"\"when\":{\"waiting\":{\"reason\":[\"ErrImagePull\"]}}"),
	RUNBOOK("not-ready", "not-ready", "warning", "critical", "Pod", "object",
		"\"when\":{\"for\":{\"seconds\":180,\"of\":{\"each\":{\"in\":\"status.conditions[*]\",\"that\":{\"all\":["
		"{\"field\":{\"path\":\"status.conditions[*].type\",\"op\":\"eq\",\"value\":\"Ready\"}},"
		"{\"field\":{\"path\":\"status.conditions[*].status\",\"op\":\"eq\",\"value\":\"False\"}}]}}}}},"
		"\"exclude\":[" WHEN_LABEL("planned") "]"),
	RUNBOOK("events", "events", "info", "info", "Pod", "owner", "\"needs\":[\"Event\"],"
		"\"when\":{\"event\":{\"reason\":[\"Unhealthy\"]}}"),
	RUNBOOK("crowded", "crowded", "info", "info", "Node", "object", "\"needs\":[\"Pod\"],"
		"\"when\":{\"count\":{\"op\":\"ge\",\"n\":3,\"of\":{\"join\":{\"to\":\"Pod\",\"by\":\"node\"}}}}"),
	RUNBOOK("with-support", "with-support", "warning", "warning", "Pod", "object",
		"\"when\":" WHEN_LABEL("sure") ",\"collect\":[{\"name\":\"disk\",\"type\":\"node-check\",\"argv\":[\"df\"]}]"),
	"{\"format\":2,\"id\":\"E05\",\"slug\":\"gone-image\",\"severity\":{\"default\":\"critical\"},\"subject\":\"Pod\","
	"\"group\":\"cluster\",\"absorbs\":[\"image-pull\"],\"when\":" WHEN_LABEL("gone") ",\"latent\":{\"signs\":[{\"subject\":"
	"\"DaemonSet\",\"confidence\":\"certain\",\"when\":{\"image\":{\"registry\":\"quay.io\"}}}],\"texts\":{\"en\":{\"title\":"
	"\"it will\",\"symptom\":\"later\"}}}," TEXTS "}",
	NULL,
};

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	auto_free char *path = xasprintf("%s/runbooks/%s", fixture->folder, name);
	struct err err = {0};

	assert_int_equal(file_write(path, text, strlen(text), 0644, &err), 0);
}

static inline void fixture_init(struct fixture *fixture, const struct symptoms_options *options)
{
	struct runbook_load_options load = {.assets = fixture->folder};
	auto_free char *folder = NULL;
	auto_free char *schema = NULL;
	auto_free char *text = NULL;
	struct err err = {0};
	size_t length;

	*fixture = (struct fixture){.now = START, .folder = "/tmp/nks-symptoms-XXXXXX"};
	assert_non_null(mkdtemp(fixture->folder));
	folder = xasprintf("%s/runbooks", fixture->folder);
	assert_int_equal(file_make_folder(folder, &err), 0);
	schema = xasprintf("%s/runbook.schema.json", fixture->folder);
	assert_int_equal(file_read("assets/runbook.schema.json", 1 << 20, &text, &length, &err), 0);
	assert_int_equal(file_write(schema, text, length, 0644, &err), 0);
	for (size_t i = 0; fixture_runbooks[i]; i++) {
		auto_free char *name = xasprintf("%zu.json", i);

		fixture_write(fixture, name, fixture_runbooks[i]);
	}
	field_set_init(&fixture->fields);
	if (runbook_set_load(&load, &fixture->fields, &fixture->runbooks, &err) < 0)
		fail_msg("%s", err_text(&err));
	for (size_t i = 0; i < runbook_diagnostic_count(fixture->runbooks); i++) {
		const struct diagnostic *diagnostic = runbook_diagnostic_at(fixture->runbooks, i);

		if (!diagnostic->is_warning)
			fail_msg("%s:%d: %s", diagnostic->file, diagnostic->line, diagnostic->text);
	}
	fixture->snapshot = snapshot_new();
	fixture->evidence = evidence_store_new();
	fixture->symptoms = symptoms_new(fixture->runbooks, options);
}

static inline void fixture_release(struct fixture *fixture)
{
	for (size_t i = 0; fixture_runbooks[i]; i++) {
		auto_free char *path = xasprintf("%s/runbooks/%zu.json", fixture->folder, i);

		unlink(path);
	}
	auto_free char *folder = xasprintf("%s/runbooks", fixture->folder);
	auto_free char *schema = xasprintf("%s/runbook.schema.json", fixture->folder);

	unlink(schema);
	rmdir(folder);
	rmdir(fixture->folder);
	symptoms_free(fixture->symptoms);
	evidence_store_free(fixture->evidence);
	snapshot_free(fixture->snapshot);
	runbook_set_free(fixture->runbooks);
	field_set_release(&fixture->fields);
}

static inline void fixture_states(struct fixture *fixture, enum collection_state state)
{
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(fixture->snapshot, kind, state, NULL, 1);
}

static inline void fixture_update(struct fixture *fixture)
{
	fixture->next = symptoms_update(fixture->symptoms, fixture->snapshot, fixture->evidence, fixture->now);
}

static inline void fixture_put(struct fixture *fixture, enum kind_id kind, const char *text)
{
	struct record *record = scan_object(fixture->fields.tables[kind], text);

	if (!record)
		fail_msg("no record from %s", text);
	snapshot_put(fixture->snapshot, record);
}

struct pod {
	const char *name_space;	/* NULL: "web" */
	const char *name;	/* uid is "uid-" and the name */
	const char *owner;	/* name of its ReplicaSet; NULL: none */
	const char *node;	/* NULL: none */
	const char *labels;	/* "hub mem": labels with the value "yes" */
	const char *waiting;	/* reason; NULL: runs */
	int64_t not_ready;	/* since; 0: ready */
};

static inline void add_labels(struct buffer *out, const char *words)
{
	const char *comma = "";

	for (; words && *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		buffer_addf(out, "%s\"%.*s\":\"yes\"", comma, (int)n, words);
		comma = ",";
		words += n;
	}
}

static inline void put_pod(struct fixture *fixture, const struct pod *pod)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(1 << 16);
	const char *name_space = pod->name_space ? pod->name_space : "web";
	char time[21];

	clock_format(pod->not_ready ? pod->not_ready : START - 86400, time);
	buffer_addf(&text, "{\"metadata\":{\"uid\":\"uid-%s\",\"namespace\":\"%s\",\"name\":\"%s\","
		    "\"resourceVersion\":\"%d\",\"labels\":{", pod->name, name_space, pod->name, ++fixture->version);
	add_labels(&text, pod->labels);
	buffer_add_text(&text, "}");
	if (pod->owner)
		buffer_addf(&text, ",\"ownerReferences\":[{\"controller\":true,\"kind\":\"ReplicaSet\",\"name\":\"%s\","
			    "\"uid\":\"uid-%s\"}]", pod->owner, pod->owner);
	buffer_addf(&text, "},\"spec\":{\"nodeName\":\"%s\",\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]},"
		    "\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\","
		    "\"lastTransitionTime\":\"%s\"}],\"containerStatuses\":[{\"name\":\"c\",\"ready\":%s,\"state\":{",
		    pod->node ? pod->node : "", pod->not_ready ? "False" : "True", time,
		    pod->waiting ? "false" : "true");
	if (pod->waiting)
		buffer_addf(&text, "\"waiting\":{\"reason\":\"%s\",\"message\":\"pulling %s failed as 'joe': "
			    "dckr_pat_hush. And so on\\n\"}", pod->waiting, pod->name);
	else
		buffer_addf(&text, "\"running\":{\"startedAt\":\"%s\"}", time);
	buffer_add_text(&text, "}}]}}");
	fixture_put(fixture, KIND_POD, buffer_text(&text));
}

/* A Deployment of the name and a ReplicaSet "NAME-1" of it. */
static inline void put_deployment(struct fixture *fixture, const char *name_space, const char *name)
{
	auto_free char *deployment = xasprintf(
		"{\"metadata\":{\"uid\":\"uid-%s\",\"namespace\":\"%s\",\"name\":\"%s\",\"resourceVersion\":\"%d\"},"
		"\"spec\":{\"replicas\":1},\"status\":{}}", name, name_space, name, ++fixture->version);
	auto_free char *set = xasprintf(
		"{\"metadata\":{\"uid\":\"uid-%s-1\",\"namespace\":\"%s\",\"name\":\"%s-1\",\"resourceVersion\":\"%d\","
		"\"ownerReferences\":[{\"controller\":true,\"kind\":\"Deployment\",\"name\":\"%s\",\"uid\":\"uid-%s\"}]}}",
		name, name_space, name, ++fixture->version, name, name);

	fixture_put(fixture, KIND_DEPLOYMENT, deployment);
	fixture_put(fixture, KIND_REPLICA_SET, set);
}

static inline void put_node(struct fixture *fixture, const char *name)
{
	auto_free char *text = xasprintf("{\"metadata\":{\"uid\":\"uid-%s\",\"name\":\"%s\",\"resourceVersion\":\"%d\"}}",
					 name, name, ++fixture->version);

	fixture_put(fixture, KIND_NODE, text);
}

static inline void put_event(struct fixture *fixture, const char *uid, const char *pod)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{\"uid\":\"%s\",\"namespace\":\"web\",\"name\":\"%s\",\"resourceVersion\":\"%d\"},"
		"\"type\":\"Warning\",\"reason\":\"Unhealthy\",\"message\":\"probe failed\",\"involvedObject\":{\"kind\":\"Pod\","
		"\"namespace\":\"web\",\"name\":\"%s\",\"uid\":\"uid-%s\"},\"lastTimestamp\":\"2026-11-21T09:59:00Z\"}",
		uid, uid, ++fixture->version, pod, pod);

	fixture_put(fixture, KIND_EVENT, text);
}

static inline const struct finding *finding_of(const struct fixture *fixture, const char *key)
{
	return symptoms_finding_by_key(fixture->symptoms, key);
}

static inline bool has_object(const struct finding *finding, const char *name)
{
	for (size_t i = 0; i < finding->object_count; i++)
		if (!strcmp(finding->objects[i].name, name))
			return true;
	return false;
}

static inline bool has_also_seen(const struct finding *finding, const char *id)
{
	for (size_t i = 0; i < finding->also_seen_count; i++)
		if (!strcmp(finding->also_seen[i], id))
			return true;
	return false;
}

static inline const struct check *check_of(const struct symptoms *symptoms, const char *id)
{
	for (size_t i = 0; i < symptoms_check_count(symptoms); i++)
		if (!strcmp(symptoms_check_at(symptoms, i)->runbook->id, id))
			return symptoms_check_at(symptoms, i);
	fail_msg("no check %s", id);
	return NULL;
}

/* Everything that an engine says, as text to compare. */
static inline char *dump(const struct symptoms *symptoms)
{
	struct buffer out = BUFFER_INIT(16 << 20);

	for (size_t i = 0; i < symptoms_finding_count(symptoms); i++) {
		const struct finding *finding = symptoms_finding_at(symptoms, i);

		buffer_addf(&out, "%s %s %s since %lld\n", finding->key, severity_name(finding->severity),
			    confidence_name(finding->confidence), (long long)finding->since);
		for (size_t j = 0; j < finding->object_count; j++)
			buffer_addf(&out, "  %s %s/%s %s\n", finding->objects[j].kind,
				    finding->objects[j].name_space, finding->objects[j].name, finding->objects[j].uid);
		for (size_t j = 0; j < finding->also_seen_count; j++)
			buffer_addf(&out, "  also %s\n", finding->also_seen[j]);
		for (size_t j = 0; j < finding->evidence_count; j++)
			buffer_addf(&out, "  %s: %s\n", finding->evidence[j].source, finding->evidence[j].text);
	}
	for (size_t i = 0; i < symptoms_check_count(symptoms); i++) {
		const struct check *check = symptoms_check_at(symptoms, i);

		buffer_addf(&out, "%s %s ", check->runbook->id, verdict_name(check->verdict));
		message_format(&check->reason, NULL, &out);
		buffer_add_text(&out, "\n");
	}
	return buffer_detach(&out);
}

#endif
