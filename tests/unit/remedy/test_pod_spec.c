/* What a pod asks of a node. */
#include "tests/unit/remedy/cmocka_all.h"

#include "probes/remedy/pod_spec.h"

static json_t *load(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

static struct pod_needs needs_of(const char *text)
{
	json_t *spec = load(text);
	struct pod_needs needs;

	pod_spec_needs(spec, &needs);
	json_decref(spec);
	return needs;
}

#define CONTAINER(cpu, memory) "{\"resources\":{\"requests\":{\"cpu\":\"" cpu "\",\"memory\":\"" memory "\"}}}"
#define SIDECAR(cpu) "{\"restartPolicy\":\"Always\",\"resources\":{\"requests\":{\"cpu\":\"" cpu "\"}}}"

static void containers_are_added_up(void **state)
{
	struct pod_needs needs =
		needs_of("{\"containers\":[" CONTAINER("250m", "64Mi") "," CONTAINER("1", "1Gi") "],"
			 "\"overhead\":{\"cpu\":\"50m\"}}");

	(void)state;
	assert_int_equal(needs.cpu, 1300);
	assert_int_equal(needs.memory, (64LL << 20) + (1LL << 30));
}

static void the_largest_init_container_counts(void **state)
{
	(void)state;
	assert_int_equal(needs_of("{\"containers\":[" CONTAINER("100m", "1Mi") "],\"initContainers\":["
				  CONTAINER("300m", "1Mi") "," CONTAINER("200m", "1Mi") "]}").cpu, 300);
	/* A native sidecar runs beside the init containers after it, and beside the pod. */
	assert_int_equal(needs_of("{\"containers\":[" CONTAINER("100m", "1Mi") "],\"initContainers\":["
				  SIDECAR("50m") "," CONTAINER("300m", "1Mi") "]}").cpu, 350);
	assert_int_equal(needs_of("{\"containers\":[" CONTAINER("400m", "1Mi") "],\"initContainers\":["
				  SIDECAR("50m") "," CONTAINER("300m", "1Mi") "]}").cpu, 450);
}

static void a_limit_alone_is_the_request(void **state)
{
	(void)state;
	assert_int_equal(needs_of("{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"2\"}}}]}").cpu, 2000);
	assert_int_equal(needs_of("{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"-3\"}}}, {}]}").cpu, 0);
}

static bool may_run(const char *spec_text, const char *node_text)
{
	json_t *spec = load(spec_text);
	json_t *node = load(node_text);
	bool result = pod_spec_may_run_on(spec, node);

	json_decref(spec);
	json_decref(node);
	return result;
}

static void selector_and_taints_keep_pods_away(void **state)
{
	const char *tainted = "{\"spec\":{\"taints\":[{\"key\":\"gpu\",\"value\":\"yes\",\"effect\":\"NoSchedule\"}]}}";
	const char *preferred = "{\"spec\":{\"taints\":[{\"key\":\"gpu\",\"effect\":\"PreferNoSchedule\"}]}}";
	const char *labelled = "{\"metadata\":{\"labels\":{\"zone\":\"a\"}}}";

	(void)state;
	assert_true(may_run("{\"nodeSelector\":{\"zone\":\"a\"}}", labelled));
	assert_false(may_run("{\"nodeSelector\":{\"zone\":\"b\"}}", labelled));
	assert_false(may_run("{}", tainted));
	assert_true(may_run("{}", preferred));
	assert_true(may_run("{\"tolerations\":[{\"operator\":\"Exists\"}]}", tainted));
	assert_true(may_run("{\"tolerations\":[{\"key\":\"gpu\",\"value\":\"yes\"}]}", tainted));
	assert_false(may_run("{\"tolerations\":[{\"key\":\"gpu\",\"value\":\"no\"}]}", tainted));
	assert_false(may_run("{\"tolerations\":[{\"key\":\"gpu\",\"operator\":\"Exists\",\"effect\":\"NoExecute\"}]}",
			     tainted));
}

static void volumes_are_named(void **state)
{
	json_t *spec = load("{\"volumes\":[{\"name\":\"tmp\",\"emptyDir\":{}},{\"name\":\"scratch\",\"ephemeral\":{}},"
			    "{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"data-0\"}}]}");
	json_t *dirs = pod_spec_empty_dirs(spec);
	json_t *claims = pod_spec_claims(spec, "web-0");

	(void)state;
	assert_int_equal(json_array_size(dirs), 1);
	assert_string_equal(json_string_value(json_array_get(dirs, 0)), "tmp");
	assert_int_equal(json_array_size(claims), 2);
	assert_string_equal(json_string_value(json_array_get(claims, 0)), "web-0-scratch");
	assert_string_equal(json_string_value(json_array_get(claims, 1)), "data-0");
	json_decref(dirs);
	json_decref(claims);
	json_decref(spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_are_added_up),
		cmocka_unit_test(the_largest_init_container_counts),
		cmocka_unit_test(a_limit_alone_is_the_request),
		cmocka_unit_test(selector_and_taints_keep_pods_away),
		cmocka_unit_test(volumes_are_named),
	};

	return cmocka_run_group_tests_name("pod specs", tests, NULL, NULL);
}
