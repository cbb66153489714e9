/* Image references, and what registries say. */
#include "tests/unit/sim/documents.h"

#include "probes/sim/image.h"

static void assert_reference(const char *image, const char *reference, const char *repository)
{
	auto_free char *normal = image_normalise(image);
	auto_free char *without = image_repository(image);

	assert_string_equal(normal, reference);
	assert_string_equal(without, repository);
}

static void test_references(void **state)
{
	(void)state;
	assert_reference("nginx", "docker.io/library/nginx:latest", "docker.io/library/nginx");
	assert_reference("calico-node:v3.24.1", "docker.io/library/calico-node:v3.24.1", "docker.io/library/calico-node");
	assert_reference("calico/node:v3.24.1", "docker.io/calico/node:v3.24.1", "docker.io/calico/node");
	assert_reference("localhost/x", "localhost/x:latest", "localhost/x");
	assert_reference("r.example:5000/a/b", "r.example:5000/a/b:latest", "r.example:5000/a/b");
	assert_reference("r.example:5000/a/b:1", "r.example:5000/a/b:1", "r.example:5000/a/b");
	assert_reference("quay.io/a@sha256:abc", "quay.io/a@sha256:abc", "quay.io/a");
	assert_true(image_is_latest("nginx"));
	assert_true(image_is_latest("r.example:5000/nginx:latest"));
	assert_false(image_is_latest("nginx:1"));
	assert_false(image_is_latest("nginx@sha256:abc"));
}

static void test_rules(void **state)
{
	json_t *rules = document("[{'image':'docker.io/calico/node:v1','seconds':0.5},{'image':'docker.io/calico/*',"
				 "'error':'{reference} of {repository} as {image}: not found'}]");
	struct pull pull;

	(void)state;
	image_pull(rules, "calico/node:v1", NULL, &pull);
	assert_true(pull.resolves);
	assert_int_equal(pull.milliseconds, 500);
	pull_release(&pull);
	image_pull(rules, "calico/node:v2", NULL, &pull);
	assert_false(pull.resolves);
	assert_string_equal(pull.error, "docker.io/calico/node:v2 of docker.io/calico/node as calico/node:v2: not found");
	pull_release(&pull);
	image_pull(rules, "nginx", NULL, &pull);
	assert_true(pull.resolves);
	pull_release(&pull);
	image_pull(NULL, "nginx", NULL, &pull);
	assert_true(pull.resolves);
	pull_release(&pull);
	json_decref(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
