#include "probes/kube/image.h"

#include <stdio.h>
#include <string.h>

/*
 * distribution/reference: the first part names a registry when it holds a dot
 * or a colon, is "localhost", or has an upper-case letter; else the registry
 * is docker.io, and a path of one part is in "library/".
 */
static bool is_registry(const char *part, size_t n)
{
	if (n == 9 && !memcmp(part, "localhost", 9))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (part[i] == '.' || part[i] == ':' || (part[i] >= 'A' && part[i] <= 'Z'))
			return true;
	}
	return false;
}

static bool is_path(const char *text, size_t n)
{
	if (!n || text[0] == '/' || text[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		bool is_fine = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
			       (text[i] && strchr("._-/", text[i]));

		if (!is_fine || (text[i] == '/' && text[i + 1] == '/'))
			return false;
	}
	return true;
}

static bool is_tag(const char *text, size_t n)
{
	if (!n || n > 128 || text[0] == '.' || text[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		bool is_fine = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
			       (text[i] >= '0' && text[i] <= '9') || (text[i] && strchr("._-", text[i]));

		if (!is_fine)
			return false;
	}
	return true;
}

static bool is_host(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool is_fine = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
			       (text[i] >= '0' && text[i] <= '9') || (text[i] && strchr(".-:[]", text[i]));

		if (!is_fine)
			return false;
	}
	return n > 0;
}

/* "algorithm:hex", the hex at least 32 digits. */
static bool is_digest(const char *text, size_t n)
{
	const char *colon = memchr(text, ':', n);
	size_t hex;

	if (!colon || colon == text)
		return false;
	hex = n - (size_t)(colon + 1 - text);
	return hex >= 32 && strspn(colon + 1, "0123456789abcdefABCDEF") >= hex;
}

static int put(char *out, size_t size, const char *text, size_t n)
{
	if (n >= size)
		return -1;
	memcpy(out, text, n);
	out[n] = '\0';
	return 0;
}

/* Hosts compare without case; docker.io has other names. */
static int put_registry(struct image_reference *reference, const char *text, size_t n)
{
	if (!is_host(text, n) || put(reference->registry, sizeof(reference->registry), text, n) < 0)
		return -1;
	for (char *at = reference->registry; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at | 0x20);
	}
	if (!strcmp(reference->registry, "index.docker.io") ||
	    !strcmp(reference->registry, "registry-1.docker.io"))
		memcpy(reference->registry, "docker.io", sizeof("docker.io"));
	reference->names_registry = true;
	return 0;
}

static int put_path(struct image_reference *reference, const char *text, size_t n)
{
	bool is_library = !strcmp(reference->registry, "docker.io") && !memchr(text, '/', n);
	int length;

	if (!is_path(text, n))
		return -1;
	length = snprintf(reference->path, sizeof(reference->path), "%s%.*s", is_library ? "library/" : "",
			  (int)n, text);
	return length < (int)sizeof(reference->path) ? 0 : -1;
}

int image_parse(const char *text, struct image_reference *ret_reference)
{
	struct image_reference reference = {0};
	const char *end = text + strlen(text);
	const char *slash = strchr(text, '/');
	const char *path = text;
	const char *at;

	/* A running container's status may carry the scheme of its runtime. */
	if (!strncmp(text, "docker-pullable://", 18) || !strncmp(text, "docker://", 9))
		return image_parse(strstr(text, "://") + 3, ret_reference);
	/* An image's id, as a status shows it where the reference is not known. */
	if (!strncmp(text, "sha256:", 7) && is_digest(text, strlen(text)))
		return -1;
	at = strchr(text, '@');
	if (at) {
		if (!is_digest(at + 1, (size_t)(end - at - 1)) ||
		    put(reference.digest, sizeof(reference.digest), at + 1, (size_t)(end - at - 1)) < 0)
			return -1;
		end = at;
	}
	snprintf(reference.registry, sizeof(reference.registry), "docker.io");
	if (slash && slash < end && is_registry(text, (size_t)(slash - text))) {
		if (put_registry(&reference, text, (size_t)(slash - text)) < 0)
			return -1;
		path = slash + 1;
	}
	at = memchr(path, ':', (size_t)(end - path));
	if (at) {
		if (!is_tag(at + 1, (size_t)(end - at - 1)) ||
		    put(reference.tag, sizeof(reference.tag), at + 1, (size_t)(end - at - 1)) < 0)
			return -1;
		end = at;
	} else if (!reference.digest[0]) {
		snprintf(reference.tag, sizeof(reference.tag), "latest");
	}
	if (put_path(&reference, path, (size_t)(end - path)) < 0)
		return -1;
	*ret_reference = reference;
	return 0;
}

void image_format(const struct image_reference *reference, char *out, unsigned long size)
{
	snprintf(out, size, "%s/%s%s%s%s%s", reference->registry, reference->path,
		 reference->tag[0] ? ":" : "",
		 reference->tag, reference->digest[0] ? "@" : "", reference->digest);
}

const char *image_basename(const struct image_reference *reference)
{
	const char *slash = strrchr(reference->path, '/');

	return slash ? slash + 1 : reference->path;
}
