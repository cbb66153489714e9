/*
 * What parsers made: looking into it, testing it for signs, and saying it in
 * a line.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/check_batch.h"

enum { SUMMARY_MAXIMUM = 1024, LISTED = 5, SHORT = 12 };

/* The item of a list whose member is so: "id=kubelet.service". */
static const json_t *find_item(const json_t *list, const char *bracket, size_t n)
{
	auto_free char *key = xstrndup(bracket, n);
	char *equals = strchr(key, '=');
	size_t index;
	const json_t *item;

	if (!equals)
		return NULL;
	*equals = '\0';
	json_array_foreach(list, index, item) {
		const char *text = json_string_value(json_object_get(item, key));

		if (text && !strcmp(text, equals + 1))
			return item;
	}
	return NULL;
}

const json_t *value_member(const json_t *value, const char *path)
{
	while (value && *path) {
		size_t n = strcspn(path, ".[");

		if (n) {
			auto_free char *key = xstrndup(path, n);

			value = json_object_get(value, key);
		}
		path += n;
		if (*path == '[') {
			size_t inner = strcspn(path + 1, "]");

			value = find_item(value, path + 1, inner);
			path += 1 + inner + (path[1 + inner] == ']');
		}
		path += *path == '.';
	}
	return value;
}

/* The number at the test's path, divided and lessened as it says; false where one of them is not there. */
static bool test_number(const json_t *value, const json_t *test, double *ret_number)
{
	const char *per = json_string_value(json_object_get(test, "per"));
	const char *minus = json_string_value(json_object_get(test, "minus"));
	const json_t *found = value_member(value, json_string_value(json_object_get(test, "path")));
	const json_t *less = minus ? value_member(value, minus) : NULL;
	const json_t *unit = per ? value_member(value, per) : NULL;

	if (!json_is_number(found) || (minus && !json_is_number(less)) || (per && !(json_number_value(unit) > 0)))
		return false;
	*ret_number = json_number_value(found) - (minus ? json_number_value(less) : 0);
	if (per)
		*ret_number /= json_number_value(unit);
	return true;
}

static bool compare_numbers(double number, const char *op, double wanted)
{
	if (!strcmp(op, "eq"))
		return !(number < wanted) && !(number > wanted);
	if (!strcmp(op, "ne"))
		return number < wanted || number > wanted;
	if (!strcmp(op, "gt"))
		return number > wanted;
	if (!strcmp(op, "ge"))
		return number >= wanted;
	if (!strcmp(op, "lt"))
		return number < wanted;
	return !strcmp(op, "le") && number <= wanted;
}

static bool is_listed(const json_t *list, const char *text)
{
	size_t index;
	const json_t *item;

	json_array_foreach(list, index, item) {
		const char *other = json_string_value(item);

		if (other && !strcmp(other, text))
			return true;
	}
	return false;
}

static bool test_holds(const json_t *value, const json_t *test)
{
	const char *op = json_string_value(json_object_get(test, "op"));
	const json_t *wanted = json_object_get(test, "value");
	const json_t *found = value_member(value, json_string_value(json_object_get(test, "path")));
	double number;

	if (!strcmp(op, "exists") || !strcmp(op, "absent"))
		return (found != NULL) == !strcmp(op, "exists");
	if (!strcmp(op, "not-in")) {
		const json_t *list = value_member(value, json_string_value(json_object_get(test, "of")));

		return json_is_string(found) && json_is_array(list) && !is_listed(list, json_string_value(found));
	}
	if (json_is_number(wanted))
		return test_number(value, test, &number) && compare_numbers(number, op, json_number_value(wanted));
	if (!found || json_typeof(found) != json_typeof(wanted))
		return json_is_boolean(wanted) && json_is_boolean(found) && !strcmp(op, "ne");
	return json_equal(found, wanted) == !strcmp(op, "eq");
}

bool value_has_sign(const json_t *value, const struct check_sign *sign)
{
	size_t index;
	const json_t *test;

	json_array_foreach(sign->tests, index, test) {
		if (!test_holds(value, test))
			return false;
	}
	return true;
}

static void add_bytes(struct buffer *out, double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < array_length(units)) {
		bytes /= 1024;
		unit++;
	}
	buffer_addf(out, unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void add_plain(struct buffer *out, const json_t *value)
{
	if (json_is_string(value))
		buffer_add(out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buffer_addf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buffer_addf(out, "%.3f", json_real_value(value));
	else if (json_is_boolean(value))
		buffer_add_text(out, json_is_true(value) ? "yes" : "no");
	else
		buffer_add_byte(out, '?');
}

static void add_list(struct buffer *out, const json_t *list)
{
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count && i < LISTED; i++) {
		buffer_add_text(out, i ? ", " : "");
		add_plain(out, json_array_get(list, i));
	}
	if (!count)
		buffer_add_text(out, "none");
	else if (count > LISTED)
		buffer_addf(out, " +%zu", count - LISTED);
}

/* False: there is nothing at the place. */
static bool add_place(struct buffer *out, const json_t *value, const char *place, size_t n)
{
	size_t length = 0;

	while (length < n && place[length] != ':')
		length++;
	auto_free char *path = xstrndup(place, length);
	auto_free char *form = length < n ? xstrndup(place + length + 1, n - length - 1) : xstrdup("");
	const json_t *found = value_member(value, path);

	if (!found) {
		buffer_add_byte(out, '?');
	} else if (!strcmp(form, "bytes") && json_is_number(found)) {
		add_bytes(out, json_number_value(found));
	} else if (!strcmp(form, "seconds") && json_is_number(found)) {
		buffer_addf(out, "%+.2f s", json_number_value(found));
	} else if (!strcmp(form, "age") && json_is_integer(found)) {
		char age[16];

		clock_age(json_integer_value(found), age, sizeof(age));
		buffer_add_text(out, age);
	} else if (!strcmp(form, "short") && json_is_string(found)) {
		buffer_addf(out, "%.*s", SHORT, json_string_value(found));
	} else if (json_is_array(found)) {
		add_list(out, found);
	} else {
		add_plain(out, found);
	}
	return found != NULL;
}

/*
 * Adds the text up to an end; a part in brackets is left out where one of its places has nothing. Returns what
 * follows.
 */
static const char *add_part(struct buffer *out, const json_t *value, const char *part, const char *end,
			    bool *ret_is_whole)
{
	while (*part && !strchr(end, *part)) {
		bool is_group = *part == '[';
		bool is_whole = true;
		size_t n;

		if (*part == '{') {
			n = strcspn(++part, "}");
			*ret_is_whole &= add_place(out, value, part, n);
			part += n + (part[n] == '}');
		} else if (is_group) {
			CLEANUP(buffer_release) struct buffer group = BUFFER_INIT(SUMMARY_MAXIMUM);

			part = add_part(&group, value, part + 1, "]", &is_whole);
			part += *part == ']';
			if (is_whole)
				buffer_add(out, buffer_text(&group), group.length);
		} else {
			buffer_add_byte(out, *part++);
		}
	}
	return part;
}

char *value_summary(const json_t *value, const char *summary)
{
	struct buffer out = BUFFER_INIT(SUMMARY_MAXIMUM);
	bool is_whole = true;

	add_part(&out, value, summary, "", &is_whole);
	return buffer_detach(&out);
}
