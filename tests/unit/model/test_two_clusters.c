/* Several contexts in one process: two clusters on one loop know nothing of each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/cluster.h"
#include "probes/net/loop.h"
#include "tests/unit/kube/serve.h"

#define NODE(uid, name) "{\"metadata\":{\"uid\":\"" uid "\",\"name\":\"" name "\",\"resourceVersion\":\"1\"}}"
#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[" items "]}"
#define ADDED(object) "{\"type\":\"ADDED\",\"object\":" object "}\n"

struct side {
	struct server server;
	struct kube_client *client;
	struct cluster *cluster;
};

/* The server has nodes alone: other kinds are absent (404). */
static void open_side(struct side *side, struct loop *loop, const struct field_set *fields, struct serve_step *steps,
		      size_t count, const char *token)
{
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	serve_start(&side->server, steps, count);
	view->server = xasprintf("http://127.0.0.1:%d", side->server.port);
	view->context = xstrdup(token);
	view->user = xstrdup(token);
	view->as_user = xstrdup(token);
	view->file = xstrdup("f");
	assert_int_equal(kube_client_new(loop, view, NULL, &side->client, NULL), 0);
	side->cluster = cluster_new(side->client, fields, NULL);
}

static void close_side(struct side *side)
{
	cluster_free(side->cluster);
	kube_client_free(side->client);
	serve_stop(&side->server);
}

static const struct record *node(struct side *side, const char *name)
{
	return snapshot_by_name(cluster_snapshot(side->cluster), KIND_NODE, "", name);
}

static void turn_until(struct loop *loop, bool (*done)(struct side *a, struct side *b), struct side *a, struct side *b)
{
	int64_t deadline = clock_monotonic_ms() + 120000;

	while (!done(a, b)) {
		assert_true(clock_monotonic_ms() < deadline);
		loop_turn(loop, 20);
	}
}

static bool are_complete(struct side *a, struct side *b)
{
	return cluster_is_complete(a->cluster) && cluster_is_complete(b->cluster) && node(a, "late");
}

static bool first_failed(struct side *a, struct side *b)
{
	(void)b;
	return kube_link(a->client)->code != ERR_NONE;
}

static void test_two_clusters_on_one_loop(void **state)
{
	/* The same uid in both: what one says must not be taken for the other's. */
	struct serve_step left[] = {
		{"/nodes?limit=", 200, NULL, LIST(NODE("u1", "left-1")), .stays = false},
		{"/nodes?watch=1", 200, NULL, ADDED(NODE("u2", "late")), .stays = true},
		{"/nodes?limit=", 401, NULL, "{\"kind\":\"Status\",\"code\":401}", .repeats = true},
	};
	struct serve_step right[] = {
		{"/nodes?limit=", 200, NULL, LIST(NODE("u1", "right-1") "," NODE("u3", "right-3")), .stays = false},
		{"/nodes?watch=1", 200, NULL, "", .stays = true},
		{"/version", 200, NULL, "{\"gitVersion\":\"v1.30.4\"}", .repeats = true},
	};
	struct field_set fields;
	struct side a;
	struct side b;
	struct loop *loop;

	(void)state;
	field_set_init(&fields);
	assert_int_equal(loop_new(&loop, NULL), 0);
	open_side(&a, loop, &fields, left, array_length(left), "ana");
	open_side(&b, loop, &fields, right, array_length(right), "ben");
	turn_until(loop, are_complete, &a, &b);

	assert_non_null(node(&a, "left-1"));
	assert_null(node(&a, "right-1"));
	assert_non_null(node(&b, "right-1"));
	assert_null(node(&b, "left-1"));
	assert_null(node(&b, "late"));
	assert_int_equal(snapshot_all(cluster_snapshot(b.cluster), KIND_NODE).count, 2);
	assert_true(serve_saw(&a.server, "/nodes", "impersonate-user: ana"));
	assert_false(serve_saw(&a.server, "/nodes", "impersonate-user: ben"));
	assert_false(serve_saw(&b.server, "/nodes", "impersonate-user: ana"));

	/* One loses its link: the other's is well, and its data current. */
	cluster_reconnect(a.cluster);
	turn_until(loop, first_failed, &a, &b);
	assert_int_equal(kube_link(a.client)->code, ERR_UNAUTHORIZED);
	assert_int_equal(kube_link(b.client)->code, ERR_NONE);
	assert_int_equal(snapshot_collection(cluster_snapshot(b.cluster), KIND_NODE)->state, COLLECTION_CURRENT);
	assert_string_equal(kube_server_version(b.client), "v1.30.4");
	assert_string_equal(kube_server_version(a.client), "");

	/* One goes: the other stays. */
	close_side(&a);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 5);
	assert_non_null(node(&b, "right-3"));
	close_side(&b);
	loop_free(loop);
	field_set_release(&fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_clusters_on_one_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
