/*
 * docker 20.10, crictl 1.28, ctr and containerd 1.6, nerdctl 1.5 on a simulated node.
 */
#include <inttypes.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/image.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_images.h"

static const char valued[] = "-n --namespace -o --output --format --platform --hosts-dir -u --user -f";

static struct machine *machine_under(const struct command *command)
{
	return command->shell->machine;
}

static bool has_socket(const struct command *command, const char *what)
{
	if (command->shell->is_root)
		return true;
	shell_say(command->io->error_out, "%s\n", what);
	return false;
}

static char *tag_of(const char *reference)
{
	auto_free char *repository = image_repository(reference);
	size_t n = strlen(repository);

	return xstrdup(reference[n] == ':' ? reference + n + 1 : "<none>");
}

/* "72.7MB": three digits, powers of ten, as go-units writes it. */
static void human_size(const struct command *command, int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double size = (double)bytes;
	size_t i = 0;

	for (; size >= 1000 && i + 1 < array_length(units); i++)
		size /= 1000;
	command_out(command, "%.3g%s", size, units[i]);
}

/* --- docker, nerdctl --- */

static const char *familiar(const char *reference)
{
	if (!strncmp(reference, "docker.io/library/", 18))
		return reference + 18;
	return !strncmp(reference, "docker.io/", 10) ? reference + 10 : reference;
}

static void docker_field(const struct command *command, const char *name, const char *reference, const json_t *image)
{
	auto_free char *repository = image_repository(reference);
	auto_free char *tag = tag_of(reference);
	bool whole = command_has(command, "--no-trunc");

	if (!strcmp(name, ".Repository"))
		command_out(command, "%s", familiar(repository));
	else if (!strcmp(name, ".Tag"))
		command_out(command, "%s", tag);
	else if (!strcmp(name, ".ID"))
		command_out(command, "%.*s", whole ? 71 : 12, doc_text(image, "id") + (whole ? 0 : 7));
	else if (!strcmp(name, ".Size"))
		human_size(command, doc_int(image, "size"));
}

static void docker_line(const struct command *command, const char *format, const char *reference, const json_t *image)
{
	while (*format) {
		size_t n = strcspn(format + (*format == '{' ? 2 : 0), "}");

		if (!strncmp(format, "{{", 2)) {
			auto_free char *name = xstrndup(format + 2, n);

			docker_field(command, name, reference, image);
			format += n + 2;
			format += strspn(format, "}");
		} else {
			command_out(command, "%c", *format++);
		}
	}
	command_out(command, "\n");
}

static int docker_images(const struct command *command, const char *namespace)
{
	const char *format = command_option(command, "--format");
	bool grouped = !strcmp(command_operand(command, 0, valued), "image");
	const char *wanted = command_operand(command, grouped ? 2 : 1, valued);
	const char *reference;
	json_t *image;

	if (command_has(command, "-q"))
		format = "{{.ID}}";
	if (!format)
		command_out(command, "REPOSITORY   TAG   IMAGE ID   SIZE\n");
	json_object_foreach((json_t *)(uintptr_t)images_in(machine_under(command), namespace), reference, image) {
		auto_free char *repository = image_repository(reference);

		if (wanted && strcmp(wanted, familiar(reference)) && strcmp(wanted, familiar(repository)))
			continue;
		docker_line(command, format ? format : "{{.Repository}}   {{.Tag}}   {{.ID}}   {{.Size}}", reference,
			    image);
	}
	return 0;
}

static int docker_inspect(const struct command *command, const char *namespace, const char *name)
{
	auto_free char *reference = image_normalise(name ? name : "");
	const json_t *image = json_object_get(images_in(machine_under(command), namespace), reference);
	const char *format = command_option(command, "--format");

	if (!image) {
		command_out(command, "%s", format ? "\n" : "[]\n");
		shell_say(command->io->error_out, "Error: No such image: %s\n", name ? name : "");
		return 1;
	}
	format = format ? format : command_option(command, "-f");
	if (format)
		command_out(command, "%s\n", doc_text(image, "id"));
	else
		command_out(command, "[\n    {\n        \"Id\": \"%s\",\n        \"RepoTags\": [\"%s\"]\n    }\n]\n",
			    doc_text(image, "id"), familiar(reference));
	return 0;
}

static int docker_pull(const struct command *command, const char *namespace, const char *image)
{
	int64_t milliseconds;
	auto_free char *error = images_pull(command->shell->cluster, machine_under(command), namespace, image,
					    &milliseconds);
	const char *words = error ? strstr(error, "failed to do request: ") : NULL;

	shell_spend(command->shell, milliseconds);
	if (error) {
		shell_say(command->io->error_out, "Error response from daemon: %s\n", words ? words + 22 : error);
		return 1;
	}
	command_out(command, "Status: Downloaded newer image for %s\n%s\n", image, image);
	return 0;
}

static int docker_verb(const struct command *command, const char *namespace, const char *verb, size_t at)
{
	const char *first = command_operand(command, at, valued);
	const char *second = first ? command_operand(command, at + 1, valued) : NULL;

	if (!strcmp(verb, "images") || !strcmp(verb, "ls"))
		return docker_images(command, namespace);
	if (!strcmp(verb, "inspect"))
		return docker_inspect(command, namespace, first);
	if (!strcmp(verb, "pull") && first)
		return docker_pull(command, namespace, first);
	if (!strcmp(verb, "tag") && second) {
		if (images_tag(machine_under(command), namespace, first, second))
			return 0;
		shell_say(command->io->error_out, "Error response from daemon: No such image: %s\n", first);
		return 1;
	}
	if ((!strcmp(verb, "rmi") || !strcmp(verb, "rm")) && first) {
		if (!images_remove(machine_under(command), namespace, first)) {
			shell_say(command->io->error_out, "Error: No such image: %s\n", first);
			return 1;
		}
		command_out(command, "Untagged: %s\n", first);
		return 0;
	}
	shell_say(command->io->error_out, "%s: '%s' is not a %s command.\n", command->name, verb, command->name);
	return 1;
}

static int run_docker(const struct command *command)
{
	const char *verb = command_operand(command, 0, valued);
	bool grouped = verb && !strcmp(verb, "image");

	if (command_has(command, "--version") || (verb && !strcmp(verb, "version"))) {
		command_out(command, "Docker version 20.10.24, build 297e128\n");
		return 0;
	}
	if (grouped)
		verb = command_operand(command, 1, valued);
	if (!verb)
		return command_fail(command, 1, "a command is missing");
	if (!has_socket(command, "Got permission denied while trying to connect to the Docker daemon socket at "
				 "unix:///var/run/docker.sock"))
		return 1;
	return docker_verb(command, "docker", verb, grouped ? 2 : 1);
}

static const char *namespace_of(const struct command *command)
{
	const char *namespace = command_option(command, "--namespace");

	namespace = namespace ? namespace : command_option(command, "-n");
	return namespace ? namespace : "default";
}

static int run_nerdctl(const struct command *command)
{
	const char *verb = command_operand(command, 0, valued);
	bool grouped = verb && !strcmp(verb, "image");

	if (grouped)
		verb = command_operand(command, 1, valued);
	if (!verb)
		return command_fail(command, 1, "a command is missing");
	if (!has_socket(command, "time=\"...\" level=fatal msg=\"rootless containerd not running?\""))
		return 1;
	return docker_verb(command, namespace_of(command), verb, grouped ? 2 : 1);
}

/* --- crictl --- */

static int crictl_images(const struct command *command)
{
	const json_t *images = images_in(machine_under(command), images_namespace(machine_under(command)));
	const char *output = command_option(command, "-o");
	json_t *list = json_array();
	auto_free char *text = NULL;
	const char *reference;
	json_t *image;
	json_t *whole;

	if (!output)
		command_out(command, "%-50s %-20s %-20s %s\n", "IMAGE", "TAG", "IMAGE ID", "SIZE");
	json_object_foreach((json_t *)(uintptr_t)images, reference, image) {
		auto_free char *repository = image_repository(reference);
		auto_free char *digest = xasprintf("%s@%s", repository, doc_text(image, "id"));
		auto_free char *size = xasprintf("%" PRId64, doc_int(image, "size"));
		auto_free char *tag = tag_of(reference);

		json_array_append_new(list, json_pack("{s:s, s:[s], s:[s], s:s, s:n, s:s, s:n, s:b}",
						      "id", doc_text(image, "id"), "repoTags", reference,
						      "repoDigests", digest, "size", size, "uid", "username", "",
						      "spec", "pinned", 0));
		if (output)
			continue;
		command_out(command, "%-50s %-20s %-20.13s ", repository, tag, doc_text(image, "id") + 7);
		human_size(command, doc_int(image, "size"));
		command_out(command, "\n");
	}
	whole = json_pack("{s:o}", "images", list);
	text = json_dumps(whole, JSON_INDENT(2));
	if (output)
		command_out(command, "%s\n", text);
	json_decref(whole);
	return 0;
}

static int run_crictl(const struct command *command)
{
	const char *verb = command_operand(command, 0, valued);
	const char *image = command_operand(command, 1, valued);
	const char *namespace = images_namespace(machine_under(command));
	auto_free char *reference = image ? image_normalise(image) : NULL;

	if (!has_socket(command, "FATA[0000] validate service connection: rpc error: code = Unavailable desc = "
				 "connection error: desc = \"transport: Error while dialing dial unix "
				 "/run/containerd/containerd.sock: connect: permission denied\""))
		return 1;
	if (verb && (!strcmp(verb, "images") || !strcmp(verb, "img") || !strcmp(verb, "image")))
		return crictl_images(command);
	if (verb && image && !strcmp(verb, "inspecti")) {
		if (json_object_get(images_in(machine_under(command), namespace), reference)) {
			command_out(command, "{\n  \"status\": {\n    \"repoTags\": [\"%s\"]\n  }\n}\n", reference);
			return 0;
		}
		return command_fail(command, 1, "no such image \"%s\" present", image);
	}
	if (verb && image && !strcmp(verb, "pull")) {
		int64_t milliseconds;
		auto_free char *error = images_pull(command->shell->cluster, machine_under(command), namespace, image,
						    &milliseconds);

		shell_spend(command->shell, milliseconds);
		if (error)
			shell_say(command->io->error_out, "FATA[0000] pulling image: %s\n", error);
		else
			command_out(command, "Image is up to date for %s\n", image);
		return error ? 1 : 0;
	}
	if (verb && image && !strcmp(verb, "rmi") && images_remove(machine_under(command), namespace, image)) {
		command_out(command, "Deleted: %s\n", reference);
		return 0;
	}
	shell_say(command->io->error_out, "FATA[0000] no such command or image\n");
	return 1;
}

/* --- ctr, containerd --- */

static int ctr_list(const struct command *command, const char *namespace)
{
	bool quiet = command_has(command, "-q");
	const char *filter = command_operand(command, 2, valued);
	const char *reference;
	json_t *image;

	if (!quiet)
		command_out(command, "REF TYPE DIGEST SIZE PLATFORMS LABELS \n");
	json_object_foreach((json_t *)(uintptr_t)images_in(machine_under(command), namespace), reference, image) {
		auto_free char *exact = xasprintf("name==%s", reference);

		if (filter && strcmp(filter, exact))
			continue;
		command_out(command, "%s", reference);
		if (!quiet)
			command_out(command, " application/vnd.docker.distribution.manifest.list.v2+json %s %.1f MiB "
					     "linux/amd64,linux/arm64 io.cri-containerd.image=managed ",
				    doc_text(image, "id"), (double)doc_int(image, "size") / (1 << 20));
		command_out(command, "\n");
	}
	return 0;
}

/* ctr says what containerd's client says, without the prefix of an RPC. */
static int ctr_pull(const struct command *command, const char *namespace, const char *image)
{
	static const char resolving[] = "failed to resolve reference";
	int64_t milliseconds;
	auto_free char *error = NULL;
	const char *words;

	if (!strchr(image, '/') || !strchr(strrchr(image, '/'), ':'))
		return command_fail(command, 1, "failed to resolve reference \"%s\": object required", image);
	error = images_pull(command->shell->cluster, machine_under(command), namespace, image, &milliseconds);
	shell_spend(command->shell, milliseconds);
	words = error ? strstr(error, resolving) : NULL;
	if (error)
		return command_fail(command, 1, "%s", words ? words : error);
	command_out(command, "%s: resolved       |++++++++++++++++++++++++++++++++++++++|\n"
			     "elapsed: 0.9 s total:  300.0 (333.0 KiB/s)\nunpacking linux/amd64 sha256:...\ndone\n",
		    image);
	return 0;
}

static int ctr_tag(const struct command *command, const char *namespace, const char *image, const char *tag)
{
	const json_t *images = images_in(machine_under(command), namespace);
	auto_free char *to = image_normalise(tag);

	if (json_object_get(images, to) && !command_has(command, "--force"))
		return command_fail(command, 1, "image \"%s\": already exists", tag);
	if (!images_tag(machine_under(command), namespace, image, tag))
		return command_fail(command, 1, "image \"%s\": not found", image);
	command_out(command, "%s\n", tag);
	return 0;
}

static int run_ctr(const struct command *command)
{
	const char *group = command_operand(command, 0, valued);
	const char *verb = group ? command_operand(command, 1, valued) : NULL;
	const char *first = verb ? command_operand(command, 2, valued) : NULL;
	const char *second = first ? command_operand(command, 3, valued) : NULL;
	const char *namespace = namespace_of(command);

	if (command_has(command, "--version")) {
		command_out(command, "ctr containerd.io 1.6.24\n");
		return 0;
	}
	if (!has_socket(command, "ctr: failed to dial \"/run/containerd/containerd.sock\": connect: permission denied"))
		return 1;
	if (!verb || (strcmp(group, "images") && strcmp(group, "image") && strcmp(group, "i")))
		return command_fail(command, 1, "No help topic for '%s'", group ? group : "");
	if (!strcmp(verb, "ls") || !strcmp(verb, "list"))
		return ctr_list(command, namespace);
	if (!strcmp(verb, "pull") && first)
		return ctr_pull(command, namespace, first);
	if (!strcmp(verb, "tag") && second)
		return ctr_tag(command, namespace, first, second);
	if ((!strcmp(verb, "rm") || !strcmp(verb, "remove") || !strcmp(verb, "delete")) && first) {
		if (!images_remove(machine_under(command), namespace, first))
			return command_fail(command, 1, "image \"%s\": not found", first);
		command_out(command, "%s\n", first);
		return 0;
	}
	return command_fail(command, 1, "No help topic for '%s'", verb);
}

static int run_containerd(const struct command *command)
{
	const char *sandbox = json_string_value(machine_part(machine_under(command), "sandboxImage"));

	if (command_has(command, "--version")) {
		command_out(command, "containerd containerd.io 1.6.24 61f9fd88f79f081d64d6fa3bb1a0dc71ec870523\n");
		return 0;
	}
	if (!command_has(command, "config"))
		return command_fail(command, 1, "a containerd is running already");
	command_out(command, "disabled_plugins = []\nroot = \"/var/lib/containerd\"\nstate = \"/run/containerd\"\n"
			     "version = 2\n\n[plugins]\n\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
			     "    max_container_log_line_size = 16384\n    sandbox_image = \"%s\"\n"
			     "    stats_collect_period = 10\n\n"
			     "    [plugins.\"io.containerd.grpc.v1.cri\".cni]\n      bin_dir = \"/opt/cni/bin\"\n"
			     "      conf_dir = \"/etc/cni/net.d\"\n", sandbox ? sandbox : "registry.k8s.io/pause:3.6");
	return 0;
}

const struct command_entry commands_of_images[] = {
	{"docker", "/usr/bin", run_docker}, {"nerdctl", "/usr/local/bin", run_nerdctl},
	{"crictl", "/usr/local/bin", run_crictl}, {"ctr", "/usr/bin", run_ctr},
	{"containerd", "/usr/bin", run_containerd}, {NULL, NULL, NULL},
};
