/*
 * Kernel and system: /proc/cgroups, /proc/cmdline, /proc/meminfo,
 * /proc/uptime (proc(5)), os-release(5), clocks.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

/* "#subsys_name hierarchy num_cgroups enabled", a line each. */
json_t *parse_cgroups(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *value = json_object();
	struct piece line;

	while (piece_line(&rest, &line)) {
		struct piece name;
		struct piece words[3];
		int64_t numbers[3];
		size_t count = 0;

		if (!piece_word(&line, &name) || piece_begins(name, "#"))
			continue;
		while (count < 3 && piece_word(&line, &words[count]) && piece_integer(words[count], &numbers[count]))
			count++;
		if (count < 3 || !piece_is(name, "memory"))
			continue;
		json_object_set_new(value, "memory",
				    json_pack("{s:I, s:I, s:b}", "hierarchy", (json_int_t)numbers[0], "count",
					      (json_int_t)numbers[1], "enabled", numbers[2] != 0));
	}
	if (!json_object_size(value)) {
		json_decref(value);
		err_set(err, ERR_PROTOCOL, "/proc/cgroups has no line for memory", NULL);
		return NULL;
	}
	return value;
}

/* find -printf x: one byte for each that was found. */
json_t *parse_count(const struct parse_input *input, struct err *err)
{
	json_int_t count = 0;

	for (size_t i = 0; i < input->length; i++)
		count += input->text[i] == 'x';
	if (input->length && !count) {
		err_set(err, ERR_PROTOCOL, "this is no count", NULL);
		return NULL;
	}
	return json_pack("{s:I, s:b}", "count", count, "atLeast", input->was_cut);
}

json_t *parse_cmdline(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_trim(piece_of(input->text, input->length));
	json_t *value;
	json_t *arguments;
	struct piece word;
	bool has_nokmem = false;

	if (!rest.length) {
		err_set(err, ERR_PROTOCOL, "the kernel's command line is empty", NULL);
		return NULL;
	}
	arguments = json_array();
	value = json_pack("{s:o}", "text", piece_json(rest));
	while (piece_word(&rest, &word)) {
		struct piece option = word;
		struct piece part;

		if (json_array_size(arguments) < PARSE_ITEMS_MAX)
			json_array_append_new(arguments, piece_json(word));
		if (!piece_skip(&option, "cgroup.memory="))
			continue;
		while (piece_until(&option, ',', &part))
			has_nokmem |= piece_is(part, "nokmem");
	}
	json_object_set_new(value, "arguments", arguments);
	json_object_set_new(value, "nokmem", json_boolean(has_nokmem));
	return value;
}

/* One word, or one line of them. */
json_t *parse_word(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_trim(piece_of(input->text, input->length));
	struct piece line;

	if (!piece_line(&rest, &line) || piece_trim(rest).length) {
		err_set(err, ERR_PROTOCOL, "one line was expected", NULL);
		return NULL;
	}
	return json_pack("{s:o}", "word", piece_json(piece_trim(line)));
}

json_t *parse_meminfo(const struct parse_input *input, struct err *err)
{
	static const char *const keys[] = {"MemTotal", "MemAvailable", "MemFree", "Buffers", "Cached",
					   "SwapTotal", "SwapFree"};
	enum { TOTAL, AVAILABLE, FREE, BUFFERS, CACHED, SWAP_TOTAL, SWAP_FREE, KEYS };
	int64_t figures[KEYS] = {-1, -1, 0, 0, 0, 0, 0};
	struct piece rest = piece_of(input->text, input->length);
	struct piece line;

	while (piece_line(&rest, &line)) {
		struct piece key;
		struct piece number;
		int64_t kib;

		if (!piece_until(&line, ':', &key) || !piece_word(&line, &number) || !piece_integer(number,
												    &kib) || kib < 0)
			continue;
		for (size_t i = 0; i < KEYS; i++) {
			if (piece_is(key, keys[i]))
				figures[i] = parse_scaled(kib, 1024);
		}
	}
	/* Kernels before 3.14 do not say what is available. */
	if (figures[AVAILABLE] < 0 && (__builtin_add_overflow(figures[FREE], figures[BUFFERS], &figures[AVAILABLE]) ||
				       __builtin_add_overflow(figures[AVAILABLE], figures[CACHED],
							      &figures[AVAILABLE])))
		figures[AVAILABLE] = -1;
	if (figures[TOTAL] <= 0 || figures[AVAILABLE] < 0) {
		err_set(err, ERR_PROTOCOL, "/proc/meminfo does not say how much memory there is", NULL);
		return NULL;
	}
	if (figures[AVAILABLE] > figures[TOTAL])
		figures[AVAILABLE] = figures[TOTAL];
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "totalBytes", (json_int_t)figures[TOTAL], "availableBytes",
			 (json_int_t)figures[AVAILABLE], "usedPercent",
			 (json_int_t)(100.0 * (double)(figures[TOTAL] - figures[AVAILABLE]) / (double)figures[TOTAL]),
			 "swapTotalBytes", (json_int_t)figures[SWAP_TOTAL], "swapFreeBytes",
			 (json_int_t)figures[SWAP_FREE]);
}

json_t *parse_uptime(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct piece word;
	double seconds;

	if (!piece_word(&rest, &word) || !piece_number(word, &seconds) || seconds < 0) {
		err_set(err, ERR_PROTOCOL, "/proc/uptime has no number", NULL);
		return NULL;
	}
	return json_pack("{s:I}", "seconds", (json_int_t)(seconds < 1e15 ? seconds : 1e15));
}

/* KEY=value, KEY="value" or KEY='value'. */
static struct piece unquoted(struct piece value)
{
	value = piece_trim(value);
	if (value.length > 1 && (*value.at == '"' || *value.at == '\'') && value.at[value.length - 1] == *value.at)
		return piece_of(value.at + 1, value.length - 2);
	return value;
}

static const char *family_of(struct piece id, struct piece like)
{
	static const char *const rhel[] = {"rhel", "centos", "rocky", "fedora", "almalinux"};
	static const char *const debian[] = {"debian", "ubuntu"};

	for (size_t i = 0; i < array_length(debian); i++) {
		if (piece_is(id, debian[i]) || piece_holds(like, debian[i]))
			return "debian";
	}
	for (size_t i = 0; i < array_length(rhel); i++) {
		if (piece_is(id, rhel[i]) || piece_holds(like, rhel[i]))
			return "rhel";
	}
	return "other";
}

json_t *parse_os_release(const struct parse_input *input, struct err *err)
{
	static const char *const keys[] = {"ID", "ID_LIKE", "VERSION_ID", "PRETTY_NAME"};
	struct piece values[array_length(keys)] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
	struct piece rest = piece_of(input->text, input->length);
	struct piece line;

	while (piece_line(&rest, &line)) {
		struct piece key;

		if (!piece_until(&line, '=', &key))
			continue;
		for (size_t i = 0; i < array_length(keys); i++) {
			if (piece_is(key, keys[i]))
				values[i] = unquoted(line);
		}
	}
	if (!values[0].length) {
		err_set(err, ERR_PROTOCOL, "os-release has no ID", NULL);
		return NULL;
	}
	return json_pack("{s:o, s:o, s:o, s:s}", "id", piece_json(values[0]), "versionId", piece_json(values[2]),
			 "prettyName", piece_json(values[3].length ? values[3] : values[0]), "family",
			 family_of(values[0], values[1]));
}

/* date +%s.%N */
json_t *parse_epoch(const struct parse_input *input, struct err *err)
{
	double seconds;

	if (!piece_number(piece_trim(piece_of(input->text, input->length)), &seconds) || seconds < 0 ||
	    seconds > 1e12) {
		err_set(err, ERR_PROTOCOL, "date prints no number", NULL);
		return NULL;
	}
	return json_pack("{s:f}", "seconds", seconds);
}

/* The value of a line "Leap status     : Normal". */
static bool value_of(struct piece line, const char *key, struct piece *ret_value)
{
	struct piece name;

	if (!piece_until(&line, ':', &name) || !piece_is(piece_trim(name), key))
		return false;
	*ret_value = piece_trim(line);
	return true;
}

/* chronyc tracking */
json_t *parse_chrony(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *value = json_object();
	struct piece line;
	struct piece found;
	struct piece word;
	double offset;

	while (piece_line(&rest, &line)) {
		if (value_of(line, "Leap status", &found)) {
			json_object_set_new(value, "synchronised", json_boolean(!piece_is(found, "Not synchronised")));
		} else if (value_of(line, "System time", &found) && piece_word(&found, &word) &&
			   piece_number(word, &offset)) {
			/* "0.000021 seconds slow of NTP time" */
			json_object_set_new(value, "offsetSeconds",
					    json_real(piece_holds(found, "slow") ? -offset : offset));
		}
	}
	if (!json_object_get(value, "synchronised")) {
		json_decref(value);
		err_set(err, ERR_PROTOCOL, "chronyc does not say whether the clock is synchronised", NULL);
		return NULL;
	}
	json_object_set_new(value, "by", json_string("chrony"));
	return value;
}

/* timedatectl: the words differ by release of systemd. */
json_t *parse_timedatectl(const struct parse_input *input, struct err *err)
{
	static const char *const keys[] = {"System clock synchronized", "NTP synchronized"};
	struct piece rest = piece_of(input->text, input->length);
	struct piece line;
	struct piece found;

	while (piece_line(&rest, &line)) {
		for (size_t i = 0; i < array_length(keys); i++) {
			if (value_of(line, keys[i], &found))
				return json_pack("{s:b, s:s}", "synchronised", piece_is(found, "yes"), "by",
						 "timedatectl");
		}
	}
	err_set(err, ERR_PROTOCOL, "timedatectl does not say whether the clock is synchronised", NULL);
	return NULL;
}
