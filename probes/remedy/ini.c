#include "probes/remedy/ini.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

enum { INI_MAXIMUM = 1 << 20 };

enum line_type { LINE_BLANK, LINE_HEAD, LINE_KEY, LINE_BROKEN };

/* Parts of one line; pointers into the text. */
struct line {
	enum line_type type;
	const char *start;
	const char *next;		/* behind its line break */
	const char *name;		/* of the section or the key */
	size_t name_length;
	const char *value;		/* trimmed, a comment behind it not cut off */
	size_t value_length;
};

static bool is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '-' || byte == '_' || byte == '.';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

static const char *trim_end(const char *from, const char *end)
{
	while (end > from && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

/* [Section] or [Section "name"]; the second is another section. */
static void read_head(struct line *line, const char *at, const char *end)
{
	const char *close = memchr(at, ']', (size_t)(end - at));

	line->type = LINE_BROKEN;
	if (!close || trim_end(close + 1, end) > close + 1 + strspn(close + 1, " \t")) {
		const char *rest = close ? skip_blanks(close + 1, end) : NULL;

		if (!rest || (*rest != ';' && *rest != '#'))
			return;
	}
	line->name = at + 1;
	line->name_length = (size_t)(trim_end(line->name, close) - line->name);
	if (line->name_length)
		line->type = LINE_HEAD;
}

static void read_key(struct line *line, const char *at, const char *end)
{
	const char *name_end = at;
	const char *equals;

	while (name_end < end && is_name_byte(*name_end))
		name_end++;
	equals = skip_blanks(name_end, end);
	line->type = LINE_BROKEN;
	if (name_end == at || (equals < end && *equals != '=' && *equals != ';' && *equals != '#'))
		return;
	line->type = LINE_KEY;
	line->name = at;
	line->name_length = (size_t)(name_end - at);
	line->value = equals < end && *equals == '=' ? skip_blanks(equals + 1, end) : end;
	line->value_length = (size_t)(trim_end(line->value, end) - line->value);
}

/* A value goes on where a line ends in a backslash. */
static const char *line_end(const char *start)
{
	const char *end = start + strcspn(start, "\n");

	while (*end && end > start && end[-1] == '\\')
		end += 1 + strcspn(end + 1, "\n");
	return end;
}

static void read_line(const char *start, struct line *line)
{
	const char *end = line_end(start);
	const char *at = skip_blanks(start, end);

	*line = (struct line){.type = LINE_BLANK, .start = start, .next = *end ? end + 1 : end};
	end = trim_end(at, end);
	if (at == end || *at == ';' || *at == '#')
		return;
	if (*at == '[')
		read_head(line, at, end);
	else
		read_key(line, at, end);
}

static bool is_name(const struct line *line, const char *name)
{
	return strlen(name) == line->name_length && !strncasecmp(line->name, name, line->name_length);
}

static int refuse(struct err *err)
{
	return err_set(err, ERR_INVALID, "the configuration cannot be understood: it is left alone", NULL);
}

/* Every line is understood, a key only below a head, and the section that must be there is. */
static int check(const char *text, const char *must_have, struct err *err)
{
	bool has_head = false;
	bool has_wanted = !must_have;
	struct line line;

	for (const char *at = text; *at; at = line.next) {
		read_line(at, &line);
		if (line.type == LINE_BROKEN || (line.type == LINE_KEY && !has_head))
			return refuse(err);
		if (line.type != LINE_HEAD)
			continue;
		has_head = true;
		has_wanted = has_wanted || is_name(&line, must_have);
	}
	return has_head && has_wanted ? 0 : refuse(err);
}

static void add_key(struct buffer *out, const char *key, const char *value)
{
	buffer_addf(out, "%s = %s\n", key, value);
}

/* A key alone stands for "yes". */
static bool has_equals(const struct line *line)
{
	return memchr(line->name, '=', (size_t)(line->value - line->name)) != NULL;
}

static void take_before(struct ini_change *change, const struct line *line)
{
	if (!change->before)
		change->before = xstrndup(line->value, line->value_length);
}

/* Copies the text with the key set wherever it stands, or behind the first head where behind_head says so. */
static void rewrite(const char *text, const char *section, const char *key, const char *value, bool behind_head,
		    struct ini_change *change, struct buffer *out)
{
	bool is_inside = false;
	struct line line;

	for (const char *at = text; *at; at = line.next) {
		read_line(at, &line);
		if (line.type == LINE_HEAD)
			is_inside = is_name(&line, section);
		if (line.type == LINE_KEY && is_inside && is_name(&line, key)) {
			take_before(change, &line);
			buffer_add(out, at, (size_t)(line.value - at));
			buffer_addf(out, "%s%s", has_equals(&line) ? "" : " = ", value);
			buffer_add(out, line.value + line.value_length,
				   (size_t)(line.next - line.value) - line.value_length);
			continue;
		}
		buffer_add(out, at, (size_t)(line.next - at));
		if (line.type != LINE_HEAD || !is_inside || !behind_head)
			continue;
		if (line.next[-1] != '\n')
			buffer_add_byte(out, '\n');
		add_key(out, key, value);
		behind_head = false;
	}
}

static bool stands(const char *text, const char *section, const char *key, bool *ret_section)
{
	bool is_inside = false;
	struct line line;

	*ret_section = false;
	for (const char *at = text; *at; at = line.next) {
		read_line(at, &line);
		if (line.type == LINE_HEAD)
			is_inside = is_name(&line, section);
		*ret_section = *ret_section || (line.type == LINE_HEAD && is_inside);
		if (line.type == LINE_KEY && is_inside && is_name(&line, key))
			return true;
	}
	return false;
}

int ini_set(const char *text, const char *must_have, const char *section, const char *key, const char *value,
	    struct ini_change *ret_change, struct err *err)
{
	struct buffer out = BUFFER_INIT(INI_MAXIMUM);
	bool has_section;
	bool has_key;

	*ret_change = (struct ini_change){0};
	if (check(text, must_have, err) < 0)
		return -1;
	has_key = stands(text, section, key, &has_section);
	rewrite(text, section, key, value, !has_key && has_section, ret_change, &out);
	if (!has_key && !has_section) {
		ret_change->adds_section = true;
		if (out.length && buffer_text(&out)[out.length - 1] != '\n')
			buffer_add_byte(&out, '\n');
		buffer_addf(&out, "[%s]\n", section);
		add_key(&out, key, value);
	}
	if (out.overflowed) {
		buffer_release(&out);
		return refuse(err);
	}
	ret_change->text = buffer_detach(&out);
	ret_change->is_same = !strcmp(text, ret_change->text);
	return 0;
}

/* Leaves out lines from the place to its end. */
static char *without(const char *text, const char *from, const char *to)
{
	struct buffer out = BUFFER_INIT(INI_MAXIMUM);

	buffer_add(&out, text, (size_t)(from - text));
	buffer_add_text(&out, to);
	return buffer_detach(&out);
}

int ini_restore(const char *text, const char *section, const char *key, const char *before, bool added_section,
		char **ret_text, struct err *err)
{
	struct ini_change change;
	const char *head = NULL;
	bool is_inside = false;
	struct line line;

	if (before) {
		if (ini_set(text, NULL, section, key, before, &change, err) < 0)
			return -1;
		*ret_text = take_pointer(change.text);
		ini_change_release(&change);
		return 0;
	}
	for (const char *at = text; *at; at = line.next) {
		read_line(at, &line);
		if (line.type == LINE_HEAD) {
			is_inside = is_name(&line, section);
			head = at;
		}
		if (line.type != LINE_KEY || !is_inside || !is_name(&line, key))
			continue;
		*ret_text = without(text, added_section ? head : at, line.next);
		return 0;
	}
	return err_set(err, ERR_CONFLICT, "somebody changed {key} since", "key", key, NULL);
}

void ini_change_release(struct ini_change *change)
{
	secret_free(change->text);
	secret_free(change->before);
	*change = (struct ini_change){0};
}
