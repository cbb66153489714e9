/* What is kept of what was fetched: facts, never secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/model/collect_reduce.h"

static json_t *reduced_secret(const char *config)
{
	const struct evidence_request request = {.type = EVIDENCE_GET,
		.path = (char *)"/api/v1/namespaces/kube-system/secrets/cinder-csi-cloud-config"};
	auto_free char *encoded = base64_encode(config, strlen(config));
	json_t *secret = json_pack("{s:s, s:{s:s, s:{s:s}}, s:{s:s, s:s}}", "kind", "Secret", "metadata", "name", "x",
				   "annotations", "kubectl.kubernetes.io/last-applied-configuration", encoded, "data",
				   "cloud-config", encoded, "other", "aHVudGVyMg==");
	json_t *kept = evidence_reduce(&request, secret);

	json_decref(secret);
	return kept;
}

static void keeps_one_fact_of_the_cloud_config(void **state)
{
	static const struct {
		const char *config;
		bool rescans;
	} cases[] = {
		{"[Global]\nusername=hush\n", false},
		{"", false},
		{"[Global]\nrescan-on-resize = true\n", false},	/* in another section it does nothing */
		{"[BlockStorage]\nrescan-on-resize = true\n", true},
		{"[Global]\npassword=hush\n[BlockStorage]\n  rescan-on-resize=true  \n", true},
		{"[blockstorage]\nRescan-On-Resize = yes\n", true},
		{"[BlockStorage]\nrescan-on-resize\n", true},
		{"[BlockStorage]\nrescan-on-resize = \"true\" ; why\n", true},
		{"[BlockStorage]\nrescan-on-resize = false\n", false},
		{"[BlockStorage]\n# rescan-on-resize = true\n", false},
		{"[BlockStorage]\nrescan-on-resize-too = true\n", false},
		{"[BlockStorage]\nbs-version=v2\n[Metadata]\nrescan-on-resize = true\n", false},
		{"[BlockStorage]\nrescan-on-resize = true\n[BlockStorage]\nrescan-on-resize = false\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *kept = reduced_secret(cases[i].config);
		auto_free char *text = json_dumps(kept, JSON_COMPACT);
		bool rescans = json_is_true(json_object_get(json_object_get(kept, "derived"), "rescanOnResize"));

		if (rescans != cases[i].rescans)
			fail_msg("%s", cases[i].config);
		assert_null(strstr(text, "aHVudGVyMg"));
		assert_null(strstr(text, "hush"));
		assert_null(strstr(text, "last-applied"));
		assert_int_equal(json_array_size(json_object_get(kept, "dataKeys")), 2);
		json_decref(kept);
	}
}

static void says_nothing_of_a_secret_that_it_cannot_read(void **state)
{
	const struct evidence_request request = {.type = EVIDENCE_GET, .path = (char *)"/api/v1/namespaces/a/secrets/b"};
	json_t *secret = json_pack("{s:s, s:{s:s}}", "kind", "Secret", "data", "cloud-config", "%%%");
	json_t *kept = evidence_reduce(&request, secret);

	(void)state;
	assert_int_equal(json_object_size(json_object_get(kept, "derived")), 0);
	json_decref(kept);
	json_decref(secret);
}

static void keeps_the_sizes_of_claims(void **state)
{
	const struct evidence_request request = {.type = EVIDENCE_STATS, .path = (char *)"n1"};
	json_t *summary = json_loads(
		"{\"node\":{\"nodeName\":\"n1\"},\"pods\":[{\"volume\":[{\"name\":\"tmp\",\"capacityBytes\":5},"
		"{\"name\":\"d\",\"capacityBytes\":10,\"usedBytes\":3,\"pvcRef\":{\"name\":\"a.b\",\"namespace\":\"shop\"}},"
		"{\"name\":\"x\",\"pvcRef\":{\"name\":\"x\",\"namespace\":\"shop\"}},"
		"{\"name\":\"y\",\"capacityBytes\":\"10\",\"pvcRef\":{\"name\":\"y\",\"namespace\":\"shop\"}}]},{}]}", 0, NULL);
	json_t *kept = evidence_reduce(&request, summary);
	auto_free char *text = json_dumps(kept, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, "{\"volumes\":{\"shop/a.b\":{\"capacityBytes\":10,\"usedBytes\":3}}}");
	json_decref(kept);
	json_decref(summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_one_fact_of_the_cloud_config),
		cmocka_unit_test(says_nothing_of_a_secret_that_it_cannot_read),
		cmocka_unit_test(keeps_the_sizes_of_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
