#include "tui/saved_documents.h"

#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/yaml.h"

enum { DEPTH_MAXIMUM = 512 };

static size_t skip_blank(const char *text, size_t length, size_t at)
{
	while (at < length && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at;
}

/* Whether some line begins with the word: a key of a Kubernetes object at the top of YAML. */
static bool has_line(const char *text, size_t length, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at + n <= length;) {
		const char *end = memchr(text + at, '\n', length - at);

		if (!strncmp(text + at, word, n))
			return true;
		if (!end)
			return false;
		at = (size_t)(end - text) + 1;
	}
	return false;
}

enum saved_form saved_form_of(const char *text, size_t length)
{
	static const char *const yaml_words[] = {"kind:", "items:", "- apiVersion:", "- kind:"};
	size_t start = skip_blank(text, length, 0);

	if (length >= 4 && (!memcmp(text, "\x1f\x8b", 2) || !memcmp(text, "PK\x03\x04", 4)))
		return SAVED_ARCHIVE;
	if (length > 262 && !memcmp(text + 257, "ustar", 5))
		return SAVED_ARCHIVE;
	if (start == length || memchr(text, '\0', length))
		return SAVED_OTHER;
	if (text[start] == '{' || (text[start] == '[' && strchr("{] \t\r\n", text[start + 1])))
		return SAVED_JSON;
	for (size_t i = 0; i < array_length(yaml_words); i++)
		if (has_line(text, length, yaml_words[i]))
			return SAVED_YAML;
	return SAVED_OTHER;
}

/* PowerShell's `>` writes UTF-16. */
static bool from_utf16(struct buffer *out, const char *text, size_t length, const char *encoding)
{
	iconv_t converter = iconv_open("UTF-8", encoding);
	char *in = (char *)(uintptr_t)text;
	bool is_whole = converter != (iconv_t)-1;

	while (is_whole && length) {
		char bytes[4096];
		char *end = bytes;
		size_t room = sizeof(bytes);
		size_t left = length;

		is_whole = iconv(converter, &in, &length, &end, &room) != (size_t)-1 || length < left;
		buffer_add(out, bytes, (size_t)(end - bytes));
	}
	if (converter != (iconv_t)-1)
		iconv_close(converter);
	return is_whole;
}

/* Where the first object begins, after lines that a tool said before it; 0: at the beginning, or nowhere. */
static size_t skip_prologue(const char *text, size_t length)
{
	static const char *const words[] = {"Warning: ", "Flag --", "W1", "W0", "I1", "I0", "E1", "E0"};
	size_t at = 0;

	while (at < length) {
		const char *end = memchr(text + at, '\n', length - at);
		bool is_said = false;

		for (size_t i = 0; i < array_length(words); i++)
			is_said |= length - at > strlen(words[i]) && !strncmp(text + at, words[i], strlen(words[i]));
		if (!is_said || !end)
			break;
		at = (size_t)(end - text) + 1;
	}
	return at < length && (text[at] == '{' || text[at] == '[' || !strncmp(text + at, "apiVersion:", 11)) ? at : 0;
}

const char *saved_documents_plain(const char *text, size_t *length, struct buffer *space)
{
	static const struct {
		const char *mark, *encoding;
	} wide[] = {{"\xff\xfe", "UTF-16LE"}, {"\xfe\xff", "UTF-16BE"}};
	size_t skipped;

	for (size_t i = 0; *length >= 4 && i < array_length(wide); i++) {
		if (memcmp(text, wide[i].mark, 2) != 0 || !from_utf16(space, text + 2, *length - 2, wide[i].encoding))
			continue;
		*length = space->length;
		return buffer_text(space);
	}
	skipped = *length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	skipped += skip_prologue(text + skipped, *length - skipped);
	*length -= skipped;
	return text + skipped;
}

/* The way back to where a text that was cut off was whole. */
struct repair {
	char stack[DEPTH_MAXIMUM];	/* brackets that are open */
	size_t depth;
	bool in_string;
	bool is_escaped;
	size_t whole_length;		/* up to the end of the last whole object in an array */
	char closing[DEPTH_MAXIMUM];	/* what closes the text there */
	size_t closing_length;
};

static void note_whole(struct repair *repair, size_t length)
{
	repair->whole_length = length;
	repair->closing_length = 0;
	for (size_t i = repair->depth; i-- > 0;)
		repair->closing[repair->closing_length++] = repair->stack[i] == '{' ? '}' : ']';
}

static bool take_byte(struct repair *repair, char byte, size_t at)
{
	if (repair->in_string) {
		repair->in_string = byte != '"' || repair->is_escaped;
		repair->is_escaped = byte == '\\' && !repair->is_escaped;
		return true;
	}
	if (byte == '"')
		repair->in_string = true;
	if (byte == '{' || byte == '[') {
		if (repair->depth == DEPTH_MAXIMUM)
			return false;
		repair->stack[repair->depth++] = byte;
	}
	if ((byte == '}' || byte == ']') && repair->depth) {
		repair->depth--;
		/* An item of a list of objects: "items" of a List, or an array as a whole. */
		if (byte == '}' && repair->depth && repair->depth <= 2 && repair->stack[repair->depth - 1] == '[')
			note_whole(repair, at + 1);
	}
	return true;
}

/* The document that begins the text, as far as it is whole; NULL where nothing of it is. */
static json_t *read_cut_off(const char *text, size_t length)
{
	CLEANUP(buffer_release) struct buffer whole = BUFFER_INIT((size_t)1 << 30);
	struct repair repair = {.depth = 0};
	json_error_t error;

	for (size_t i = 0; i < length; i++)
		if (!take_byte(&repair, text[i], i))
			return NULL;
	if (!repair.depth || !repair.whole_length)
		return NULL;
	buffer_add(&whole, text, repair.whole_length);
	buffer_add(&whole, repair.closing, repair.closing_length);
	return json_loadb(buffer_text(&whole), whole.length, JSON_ALLOW_NUL, &error);
}

static size_t lines_before(const char *text, size_t at)
{
	size_t lines = 0;

	for (size_t i = 0; i < at; i++)
		lines += text[i] == '\n';
	return lines;
}

static int read_json(const char *text, size_t length,
		     void (*on_document)(void *data, json_t *document), void *data, struct err *err)
{
	size_t at = skip_blank(text, length, 0);

	while (at < length) {
		json_error_t error;
		json_t *document = json_loadb(text + at, length - at, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &error);
		bool is_whole = document != NULL;
		char line[32];

		if (!document)
			document = read_cut_off(text + at, length - at);
		if (document)
			on_document(data, document);
		json_decref(document);
		if (!is_whole) {
			snprintf(line, sizeof(line), "%zu", lines_before(text, at) + (size_t)error.line);
			return err_set(err, ERR_CONFIG, "not JSON from line {line} on: {reason}", "line", line,
				       "reason", error.text, NULL);
		}
		at = skip_blank(text, length, at + (size_t)error.position);
	}
	return 0;
}

/* Length of the YAML document that begins here: up to a line "---", or all. */
static size_t yaml_length(const char *text, size_t length)
{
	size_t at = 0;

	for (;;) {
		const char *end = memchr(text + at, '\n', length - at);

		if (!end)
			return length;
		at = (size_t)(end - text) + 1;
		if (length - at < 3 || memcmp(text + at, "---", 3) != 0)
			continue;
		if (length - at == 3 || strchr(" \r\n", text[at + 3]))
			return at;
	}
}

static int read_yaml(const char *name, const char *text, size_t length,
		     void (*on_document)(void *data, json_t *document), void *data, struct err *err)
{
	int result = 0;

	while (length) {
		size_t n = yaml_length(text, length);
		struct yaml_tree *tree;

		if (yaml_tree_parse(name, text, n, YAML_TYPED, &tree, result ? NULL : err) < 0) {
			result = -1;
		} else {
			on_document(data, yaml_tree_root(tree));
			yaml_tree_free(tree);
		}
		text += n;
		length -= n;
	}
	return result;
}

int saved_documents_each(const char *name, const char *text, size_t length,
			 void (*on_document)(void *data, json_t *document), void *data, struct err *err)
{
	switch (saved_form_of(text, length)) {
	case SAVED_JSON:
		return read_json(text, length, on_document, data, err);
	case SAVED_YAML:
		return read_yaml(name, text, length, on_document, data, err);
	default:
		return 0;
	}
}
