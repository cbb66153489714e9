#include "probes/ssh/parse.h"

#include <string.h>
#include <strings.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/ssh/node_check.h"

static const struct parser parsers[] = {
	{"arguments", parse_arguments, true},
	{"cgroups", parse_cgroups, false},
	{"chrony", parse_chrony, false},
	{"cmdline", parse_cmdline, false},
	{"containerd-config", parse_containerd_config, false},
	{"count", parse_count, false},
	{"curl", parse_curl, true},
	{"deleted-files", parse_deleted_files, true},
	{"df", parse_df, false},
	{"df-inodes", parse_df_inodes, false},
	{"epoch", parse_epoch, false},
	{"find-files", parse_find_files, false},
	{"find-sizes", parse_find_sizes, false},
	{"hosts", parse_hosts, true},
	{"images-crictl", parse_images_crictl, false},
	{"images-ctr", parse_images_ctr, false},
	{"images-docker", parse_images_docker, false},
	{"journal", parse_journal, false},
	{"logrotate-status", parse_logrotate_status, false},
	{"lsblk", parse_lsblk, false},
	{"meminfo", parse_meminfo, false},
	{"mounts", parse_mounts, false},
	{"os-release", parse_os_release, false},
	{"processes", parse_processes, true},
	{"resolv", parse_resolv, false},
	{"rpcinfo", parse_rpcinfo, true},
	{"sha256", parse_sha256, false},
	{"stat", parse_stat, false},
	{"systemd-units", parse_systemd_units, false},
	{"timedatectl", parse_timedatectl, false},
	{"uptime", parse_uptime, false},
	{"version", parse_version, false},
	{"word", parse_word, false},
};

const struct parser *parser_at(size_t index)
{
	return index < array_length(parsers) ? &parsers[index] : NULL;
}

const struct parser *parser_by_name(const char *name)
{
	for (size_t i = 0; i < array_length(parsers); i++) {
		if (!strcmp(parsers[i].name, name))
			return &parsers[i];
	}
	return NULL;
}

json_t *parser_run(const struct parser *parser, const struct parse_input *input, struct err *err)
{
	return parser->parse(input, err);
}

json_t *check_parse(const char *parser, const char *text, size_t n, struct err *err)
{
	const struct parser *found = parser_by_name(parser);
	const struct parse_input input = {.text = text, .length = n, .error_text = ""};

	if (!found) {
		err_set(err, ERR_USAGE, "there is no parser called {name}", "name", parser, NULL);
		return NULL;
	}
	/* A parser keeps nothing of its input. cppcheck takes the call for an initialiser. */
	/* cppcheck-suppress returnDanglingLifetime */
	return parser_run(found, &input, err);
}

struct piece piece_of(const char *text, size_t length)
{
	return (struct piece){text, length};
}

bool piece_until(struct piece *rest, char end, struct piece *ret_part)
{
	const char *found;

	if (!rest->length)
		return false;
	found = memchr(rest->at, end, rest->length);
	*ret_part = piece_of(rest->at, found ? (size_t)(found - rest->at) : rest->length);
	rest->at += ret_part->length + (found != NULL);
	rest->length -= ret_part->length + (found != NULL);
	return true;
}

bool piece_line(struct piece *rest, struct piece *ret_line)
{
	if (!piece_until(rest, '\n', ret_line))
		return false;
	if (ret_line->length && ret_line->at[ret_line->length - 1] == '\r')
		ret_line->length--;
	return true;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

struct piece piece_trim(struct piece piece)
{
	while (piece.length && is_blank(*piece.at)) {
		piece.at++;
		piece.length--;
	}
	while (piece.length && is_blank(piece.at[piece.length - 1]))
		piece.length--;
	return piece;
}

bool piece_word(struct piece *rest, struct piece *ret_word)
{
	size_t n = 0;

	while (rest->length && is_blank(*rest->at)) {
		rest->at++;
		rest->length--;
	}
	while (n < rest->length && !is_blank(rest->at[n]))
		n++;
	*ret_word = piece_of(rest->at, n);
	rest->at += n;
	rest->length -= n;
	return n > 0;
}

bool piece_is(struct piece piece, const char *text)
{
	return piece.length == strlen(text) && !memcmp(piece.at, text, piece.length);
}

bool piece_begins(struct piece piece, const char *prefix)
{
	size_t n = strlen(prefix);

	return piece.length >= n && !memcmp(piece.at, prefix, n);
}

bool piece_skip(struct piece *piece, const char *prefix)
{
	if (!piece_begins(*piece, prefix))
		return false;
	piece->at += strlen(prefix);
	piece->length -= strlen(prefix);
	return true;
}

bool piece_holds(struct piece piece, const char *text)
{
	size_t n = strlen(text);

	for (; piece.length >= n; piece.at++, piece.length--) {
		if (!strncasecmp(piece.at, text, n))
			return true;
	}
	return false;
}

bool piece_integer(struct piece piece, int64_t *ret_number)
{
	bool is_negative = piece_skip(&piece, "-");
	int64_t number = 0;

	if (!piece.length)
		return false;
	for (size_t i = 0; i < piece.length; i++) {
		int digit = piece.at[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	*ret_number = is_negative ? -number : number;
	return true;
}

bool piece_number(struct piece piece, double *ret_number)
{
	struct piece rest = piece;
	struct piece whole;
	int64_t number;
	bool is_negative = piece_begins(piece, "-");
	double value;
	double unit = 0.1;

	if (!piece_until(&rest, '.', &whole) || !piece_integer(whole, &number))
		return false;
	value = number < 0 ? -(double)number : (double)number;
	for (size_t i = 0; i < rest.length; i++, unit /= 10) {
		if (rest.at[i] < '0' || rest.at[i] > '9')
			return false;
		value += unit * (rest.at[i] - '0');
	}
	*ret_number = is_negative ? -value : value;
	return true;
}

json_t *piece_json(struct piece piece)
{
	struct buffer out = BUFFER_INIT(PARSE_TEXT_MAX * 4);
	json_t *value;

	if (piece.length > PARSE_TEXT_MAX)
		piece.length = PARSE_TEXT_MAX;
	while (piece.length) {
		uint32_t code_point;
		size_t n = text_decode(piece.at, piece.length, &code_point);
		char encoded[4];
		bool is_valid = code_point && code_point != 0xfffd;

		/* Decoded and encoded again, so that what is kept is UTF-8 by jansson's rules too. */
		buffer_add(&out, encoded, text_encode(is_valid ? code_point : 0xfffd, encoded));
		piece.at += n;
		piece.length -= n;
	}
	value = json_stringn(buffer_text(&out), out.length);
	buffer_release(&out);
	return value ? value : json_string("?");
}

void parse_set(json_t *object, const char *member, struct piece piece)
{
	json_object_set_new(object, member, piece_json(piece));
}

int64_t parse_scaled(int64_t number, int64_t unit)
{
	int64_t product;

	return __builtin_mul_overflow(number, unit, &product) ? INT64_MAX : product;
}
