#include "probes/sim/image.h"

#include <fnmatch.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"

enum { DEFAULT_PULL_MS = 1200 };

/* The first component is a host if it holds a dot or a colon, or is localhost. */
static bool has_host(const char *image)
{
	size_t n = strcspn(image, "/");

	return image[n] && (memchr(image, '.', n) || memchr(image, ':', n) || !strncmp(image, "localhost/", 10));
}

static const char *tag_of(const char *image)
{
	const char *slash = strrchr(image, '/');

	return strchr(slash ? slash : image, ':');
}

char *image_normalise(const char *image)
{
	const char *host = "";
	const char *library = "";
	const char *tag = strchr(image, '@') || tag_of(image) ? "" : ":latest";

	if (!has_host(image)) {
		host = "docker.io/";
		library = strchr(image, '/') ? "" : "library/";
	}
	return xasprintf("%s%s%s%s", host, library, image, tag);
}

char *image_repository(const char *image)
{
	char *reference = image_normalise(image);
	char *at = strchr(reference, '@');
	char *slash;
	char *colon;

	if (at)
		*at = '\0';
	slash = strrchr(reference, '/');
	colon = slash ? strchr(slash, ':') : NULL;
	if (colon)
		*colon = '\0';
	return reference;
}

bool image_is_latest(const char *image)
{
	const char *tag = tag_of(image);

	return !strchr(image, '@') && (!tag || !strcmp(tag, ":latest"));
}

static char *fill_in(const char *pattern, const char *image, const char *reference, const char *repository)
{
	const struct {
		const char *place;
		const char *value;
	} places[] = {{"{image}", image}, {"{reference}", reference}, {"{repository}", repository}};
	struct buffer text = BUFFER_INIT(16 << 10);

	while (*pattern) {
		size_t taken = 0;

		for (size_t i = 0; i < array_length(places) && !taken; i++) {
			if (strncmp(pattern, places[i].place, strlen(places[i].place)))
				continue;
			buffer_add_text(&text, places[i].value);
			taken = strlen(places[i].place);
		}
		if (!taken)
			buffer_add_byte(&text, *pattern);
		pattern += taken ? taken : 1;
	}
	return buffer_detach(&text);
}

void image_pull(const json_t *registry, const char *image, const json_t *credentials, struct pull *pull)
{
	auto_free char *reference = image_normalise(image);
	auto_free char *repository = image_repository(image);
	size_t i;
	json_t *rule;

	*pull = (struct pull){.resolves = true, .milliseconds = DEFAULT_PULL_MS};
	json_array_foreach(registry, i, rule) {
		const json_t *seconds = json_object_get(rule, "seconds");
		const char *error = doc_text(rule, "error");

		if (fnmatch(doc_text(rule, "image"), reference, 0) ||
		    json_object_get(credentials, doc_text(rule, "unlessCredentials")))
			continue;
		if (json_is_number(seconds))
			pull->milliseconds = (int64_t)(1000 * json_number_value(seconds));
		if (error[0]) {
			pull->resolves = false;
			pull->error = fill_in(error, image, reference, repository);
		}
		return;
	}
}

void pull_release(struct pull *pull)
{
	free(pull->error);
	*pull = (struct pull){0};
}
