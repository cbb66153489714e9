/*
 * Images, as docker, crictl and ctr list them, and what containerd asks for
 * when it makes a sandbox.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

/* What the three lists are reduced to. */
struct images {
	json_t *names;	/* references with a tag or digest */
	json_t *pause;	/* of them */
	json_t *calico;
	int64_t count;
	int64_t bytes;
};

static void images_init(struct images *images)
{
	*images = (struct images){.names = json_array(), .pause = json_array(), .calico = json_array()};
}

static json_t *images_finish(struct images *images, bool was_cut)
{
	json_t *value = json_object();

	json_object_set_new(value, "count", json_integer(images->count));
	json_object_set_new(value, "totalBytes", json_integer(images->bytes));
	json_object_set_new(value, "pauseCount", json_integer((json_int_t)json_array_size(images->pause)));
	json_object_set_new(value, "calicoCount", json_integer((json_int_t)json_array_size(images->calico)));
	json_object_set_new(value, "names", images->names);
	json_object_set_new(value, "pause", images->pause);
	json_object_set_new(value, "calico", images->calico);
	json_object_set_new(value, "atLeast", json_boolean(was_cut));
	return value;
}

static json_t *images_give_up(struct images *images, struct err *err, const char *tool)
{
	json_decref(images->names);
	json_decref(images->pause);
	json_decref(images->calico);
	err_set(err, ERR_PROTOCOL, "{tool} lists no images in a form that is known", "tool", tool, NULL);
	return NULL;
}

/* The last part of the repository's path: "pause" of "k8s.gcr.io/pause:3.7@sha256:…". */
static struct piece base_name(struct piece reference)
{
	struct piece rest = reference;
	struct piece name = reference;

	/* A digest holds no "/". */
	while (piece_until(&rest, '/', &name))
		;
	rest = name;
	piece_until(&rest, '@', &name);
	rest = name;
	piece_until(&rest, ':', &name);
	return name;
}

/* Mirrors put words before it: "mirrored-pause". */
static bool ends_in_pause(struct piece name)
{
	static const char end[] = "-pause";
	size_t n = strlen(end);

	return name.length > n && !memcmp(name.at + name.length - n, end, n);
}

static void add_name(struct images *images, struct piece reference)
{
	struct piece name = base_name(reference);

	if (!reference.length || piece_holds(reference, "<none>") || json_array_size(images->names) >= PARSE_ITEMS_MAX)
		return;
	json_array_append_new(images->names, piece_json(reference));
	if (piece_is(name, "pause") || piece_begins(name, "pause-") || ends_in_pause(name))
		json_array_append_new(images->pause, piece_json(reference));
	if (piece_holds(reference, "calico"))
		json_array_append_new(images->calico, piece_json(reference));
}

static void add_size(struct images *images, int64_t bytes)
{
	images->count++;
	if (bytes > 0 && __builtin_add_overflow(images->bytes, bytes, &images->bytes))
		images->bytes = INT64_MAX;
}

/* "683kB", "1.24GB" by docker, "298.0 KiB" by ctr; -1: no size. */
static int64_t read_size(struct piece number, struct piece unit)
{
	static const struct {
		const char *unit;
		double bytes;
	} units[] = {
		{"B", 1}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
		{"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
	};
	double value;

	for (size_t i = 0; i < array_length(units); i++) {
		if (piece_is(unit, units[i].unit) && piece_number(number, &value) && value >= 0 && value < 1e6)
			return (int64_t)(value * units[i].bytes);
	}
	return -1;
}

/* "1.24GB" in two pieces. */
static void split_size(struct piece word, struct piece *ret_number, struct piece *ret_unit)
{
	size_t n = 0;

	while (n < word.length && ((word.at[n] >= '0' && word.at[n] <= '9') || word.at[n] == '.'))
		n++;
	*ret_number = piece_of(word.at, n);
	*ret_unit = piece_of(word.at + n, word.length - n);
}

/* docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}'; two lines for two tags. */
json_t *parse_images_docker(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct piece last = {"", 0};
	struct images images;
	struct piece line;
	bool is_known = !piece_trim(rest).length;

	images_init(&images);
	while (piece_line(&rest, &line)) {
		struct piece words[3];
		struct piece number;
		struct piece unit;
		int64_t bytes;

		if (!piece_word(&line, &words[0]) || !piece_word(&line, &words[1]) || !piece_word(&line, &words[2]))
			continue;
		split_size(words[2], &number, &unit);
		bytes = read_size(number, unit);
		if (bytes < 0)
			continue;
		is_known = true;
		add_name(&images, words[0]);
		if (last.length != words[1].length || memcmp(last.at, words[1].at, last.length) != 0)
			add_size(&images, bytes);
		last = words[1];
	}
	return is_known ? images_finish(&images, input->was_cut) : images_give_up(&images, err, "docker");
}

static struct piece text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? piece_of(text, json_string_length(value)) : piece_of("", 0);
}

/* crictl images -o json: the CRI's ListImagesResponse, sizes as texts. */
json_t *parse_images_crictl(const struct parse_input *input, struct err *err)
{
	json_t *document = json_loadb(input->text, input->length, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(document, "images");
	struct images images;
	size_t index;
	const json_t *image;

	images_init(&images);
	if (!json_is_array(list)) {
		json_decref(document);
		return images_give_up(&images, err, "crictl");
	}
	json_array_foreach(list, index, image) {
		const char *const members[] = {"repoTags", "repoDigests"};
		int64_t bytes = 0;

		for (size_t i = 0; i < array_length(members); i++) {
			const json_t *names = json_object_get(image, members[i]);

			for (size_t n = 0; n < json_array_size(names); n++)
				add_name(&images, text_of(json_array_get(names, n)));
		}
		(void)piece_integer(text_of(json_object_get(image, "size")), &bytes);
		add_size(&images, bytes);
	}
	json_decref(document);
	return images_finish(&images, input->was_cut);
}

/* ctr images ls: REF TYPE DIGEST SIZE PLATFORMS LABELS; an image has a line for its tag, its digest and its id. */
json_t *parse_images_ctr(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct images images;
	struct piece line;
	bool is_known = false;

	images_init(&images);
	while (piece_line(&rest, &line)) {
		struct piece words[5];
		size_t count = 0;
		int64_t bytes;

		while (count < array_length(words) && piece_word(&line, &words[count]))
			count++;
		is_known |= count > 3 && piece_is(words[0], "REF") && piece_is(words[1], "TYPE");
		if (count < array_length(words) || !piece_begins(words[2], "sha256:"))
			continue;
		if (!piece_begins(words[0], "sha256:")) {
			add_name(&images, words[0]);
			continue;
		}
		bytes = read_size(words[3], words[4]);
		add_size(&images, bytes);
	}
	/* Images that the CRI did not pull have no line for their id. */
	if (!images.count)
		images.count = (int64_t)json_array_size(images.names);
	return is_known ? images_finish(&images, input->was_cut) : images_give_up(&images, err, "ctr");
}

/* The value of a line of TOML: key = "text" or key = 'text'. */
static bool toml_text(struct piece line, const char *key, struct piece *ret_value)
{
	struct piece name;
	struct piece value;

	if (!piece_until(&line, '=', &name) || !piece_is(piece_trim(name), key))
		return false;
	value = piece_trim(line);
	if (value.length < 2 || (*value.at != '"' && *value.at != '\'') || value.at[value.length - 1] != *value.at)
		return false;
	*ret_value = piece_of(value.at + 1, value.length - 2);
	return true;
}

/* containerd config dump: sandbox_image (1.x), sandbox in the table of pinned images (2.x). */
json_t *parse_containerd_config(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *value = json_object();
	bool is_pinned = false;
	bool is_toml = false;
	struct piece line;
	struct piece found;

	while (piece_line(&rest, &line)) {
		line = piece_trim(line);
		if (piece_begins(line, "[")) {
			is_pinned = piece_holds(line, "pinned_images");
			is_toml = true;
		} else if (toml_text(line, "sandbox_image", &found) || (is_pinned && toml_text(line,
											       "sandbox", &found))) {
			parse_set(value, "image", found);
		} else if (toml_text(line, "root", &found) && !json_object_get(value, "root")) {
			parse_set(value, "root", found);
		} else if (toml_text(line, "snapshotter", &found) && !json_object_get(value, "snapshotter")) {
			parse_set(value, "snapshotter", found);
		}
	}
	if (!is_toml || !json_object_get(value, "image")) {
		json_decref(value);
		err_set(err, ERR_PROTOCOL, "containerd's configuration names no sandbox image", NULL);
		return NULL;
	}
	return value;
}
