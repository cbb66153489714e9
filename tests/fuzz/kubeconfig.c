/*
 * kubeconfigs in YAML and JSON: one file, or up to three that are merged
 * (parted by lines "%%"). Each of their contexts is made ready for use.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "probes/kube/kubeconfig.h"
#include "tests/fuzz/fuzz.h"

enum { FILES = 3, CONTEXTS = 4 };

/* Files in memory, under paths that stay the same. */
static void make_files(int files[FILES])
{
	struct buffer list = BUFFER_INIT(1024);

	for (int i = 0; i < FILES; i++) {
		files[i] = memfd_create("kubeconfig", MFD_CLOEXEC);
		check(files[i] >= 0, "no memory file");
		buffer_addf(&list, "%s/proc/self/fd/%d", i ? ":" : "", files[i]);
	}
	setenv("KUBECONFIG", buffer_text(&list), 1);
	unsetenv("KUBERNETES_SERVICE_HOST");
	buffer_release(&list);
}

static void write_file(int file, const char *bytes, size_t n)
{
	check(ftruncate(file, 0) == 0 && pwrite(file, bytes, n, 0) == (ssize_t)n, "cannot write");
}

static void spread(int files[FILES], struct fuzz_input input)
{
	for (int i = 0; i < FILES; i++) {
		const char *end = i < FILES - 1 ? memmem(input.bytes, input.left, "\n%%\n", 4) : NULL;
		size_t n = end ? (size_t)(end - input.bytes) : input.left;

		write_file(files[i], input.bytes, n);
		n += end ? 4 : 0;
		input.bytes += n;
		input.left -= n;
	}
}

static void load(const char *context, bool with_options)
{
	static const char *const groups[] = {"g1", "g2", NULL};
	struct kubeconfig_options options = {.context = context};
	struct kubeconfig_view *view;
	struct err err = {0};

	if (with_options) {
		options.as_user = "someone";
		options.as_groups = groups;
		options.name_space = "kube-system";
	}
	if (kubeconfig_load(&options, &view, &err) < 0) {
		fuzz_check_error(&err);
		return;
	}
	check(view->server && *view->server && view->context && view->name_space, "a view that lacks something");
	check(!view->certificate_pem == !view->key_pem, "half a pair of certificate and key");
	check(strncmp(view->server, "http:", 5) != 0 || !view->token, "a token for plain http");
	kubeconfig_view_free(view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int files[FILES];
	struct fuzz_input input = {(const char *)data, size};
	struct kubeconfig_options options = {0};
	struct err err = {0};
	char **names;

	if (!files[0])
		make_files(files);
	spread(files, input);
	load(NULL, false);
	load("no such context", true);
	if (kubeconfig_contexts(&options, &names, &err) < 0) {
		fuzz_check_error(&err);
		return 0;
	}
	for (size_t i = 0; names[i] && i < CONTEXTS; i++)
		load(names[i], i % 2);
	strings_free(names);
	return 0;
}
