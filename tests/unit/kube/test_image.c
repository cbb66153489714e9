/* Image references as runtimes resolve them (distribution/reference, its own test table among the cases). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "probes/kube/image.h"

#define SHA "sha256:86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa"

static void resolves_as_runtimes_do(void **state)
{
	static const struct {
		const char *text, *registry, *path, *tag, *digest;
	} cases[] = {
		{"busybox", "docker.io", "library/busybox", "latest", ""},
		{"busybox:1.36", "docker.io", "library/busybox", "1.36", ""},
		{"calico/node:v3.24.1", "docker.io", "calico/node", "v3.24.1", ""},
		{"docker.io/calico/node:v3.24.1", "docker.io", "calico/node", "v3.24.1", ""},
		{"index.docker.io/library/nginx", "docker.io", "library/nginx", "latest", ""},
		{"calico-node:v3.24.1", "docker.io", "library/calico-node", "v3.24.1", ""},
		{"quay.io/calico/typha@" SHA, "quay.io", "calico/typha", "", SHA},
		{"reg.example:5000/a/b:1@" SHA, "reg.example:5000", "a/b", "1", SHA},
		{"localhost/x", "localhost", "x", "latest", ""},
		{"localhost:5000/x:y", "localhost:5000", "x", "y", ""},
		{"Docker.PKG.github.com/o/r/i:1", "docker.pkg.github.com", "o/r/i", "1", ""},
		{"docker-pullable://k8s.gcr.io/pause@" SHA, "k8s.gcr.io", "pause", "", SHA},
		/* A host's name in a mirror's path is not that host. */
		{"mirror.example/k8s.gcr.io/pause:3.7", "mirror.example", "k8s.gcr.io/pause", "3.7", ""},
		{"mirror/k8s.gcr.io/pause:3.7", "docker.io", "mirror/k8s.gcr.io/pause", "3.7", ""},
	};
	struct image_reference reference;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(image_parse(cases[i].text, &reference), 0);
		assert_string_equal(reference.registry, cases[i].registry);
		assert_string_equal(reference.path, cases[i].path);
		assert_string_equal(reference.tag, cases[i].tag);
		assert_string_equal(reference.digest, cases[i].digest);
	}
}

static void refuses_what_is_no_reference(void **state)
{
	static const char *const cases[] = {
		"", ":tag", "a//b", "/a", "a/", "nginx:", "nginx:-x", "nginx@sha256:12", "nginx@", "Nginx", "a b",
		"nginx:tag with blank", SHA, "reg.example:5000/", "x;reboot",
	};
	struct image_reference reference;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(image_parse(cases[i], &reference), -1);
}

static void refuses_what_is_too_long(void **state)
{
	struct image_reference reference;
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(image_parse(text, &reference), -1);
	text[300] = '.';
	text[301] = '/';
	assert_int_equal(image_parse(text, &reference), -1);
}

static void formats_whole_references(void **state)
{
	struct image_reference reference;
	char out[1100];

	(void)state;
	assert_int_equal(image_parse("calico-typha:v3.24.1", &reference), 0);
	image_format(&reference, out, sizeof(out));
	assert_string_equal(out, "docker.io/library/calico-typha:v3.24.1");
	assert_string_equal(image_basename(&reference), "calico-typha");
	assert_int_equal(image_parse("quay.io/calico/typha:v3@" SHA, &reference), 0);
	image_format(&reference, out, sizeof(out));
	assert_string_equal(out, "quay.io/calico/typha:v3@" SHA);
	assert_string_equal(image_basename(&reference), "typha");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_as_runtimes_do),
		cmocka_unit_test(refuses_what_is_no_reference),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(formats_whole_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
