/*
 * The parsers of what commands print on nodes: a fixed table of pure
 * functions over hostile text. What a parser does not know it leaves out; a
 * text in which it finds nothing that it knows is an error, never an empty
 * answer. Internal to probes/ssh/.
 */
#ifndef SSH_PARSE_H
#define SSH_PARSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

/* Items of a list that a parser keeps; what is more is counted. */
enum { PARSE_ITEMS_MAX = 1000, PARSE_TEXT_MAX = 1024 };

/* What a command printed; the texts may hold any byte. */
struct parse_input {
	const char *text;
	size_t length;
	const char *error_text;
	size_t error_length;
	int exit_status;
	bool was_cut;	/* there was more text */
};

struct parser {
	const char *name;
	/* A new reference; NULL: err says what was not understood. */
	json_t *(*parse)(const struct parse_input *input, struct err *err);
	/* Says something about other exit statuses than 0 even where the text is empty. */
	bool reads_exit;
};

/* NULL: none. */
const struct parser *parser_by_name(const char *name);
/* One after the other from 0; NULL at the end. */
const struct parser *parser_at(size_t index);

json_t *parser_run(const struct parser *parser, const struct parse_input *input, struct err *err);

/* A piece of the text. */
struct piece {
	const char *at;
	size_t length;
};

struct piece piece_of(const char *text, size_t length);
/* Takes the next line (without its end) from rest; false at the end. */
bool piece_line(struct piece *rest, struct piece *ret_line);
/* Up to the next byte of that value, which is dropped; false at the end. */
bool piece_until(struct piece *rest, char end, struct piece *ret_part);
/* Takes the next word (blanks between) from rest; false where there is none. */
bool piece_word(struct piece *rest, struct piece *ret_word);
struct piece piece_trim(struct piece piece);
bool piece_is(struct piece piece, const char *text);
bool piece_begins(struct piece piece, const char *prefix);
/* Drops the prefix; false and nothing changed where it is not there. */
bool piece_skip(struct piece *piece, const char *prefix);
/* Whether the text is in it, whatever the case. */
bool piece_holds(struct piece piece, const char *text);
/* All of it a decimal number, with a "-" before it or not, that fits. */
bool piece_integer(struct piece piece, int64_t *ret_number);
/* All of it a number like "12.5"; no exponents. */
bool piece_number(struct piece piece, double *ret_number);
/* As a JSON text: at most PARSE_TEXT_MAX bytes, valid UTF-8 whatever it holds. */
json_t *piece_json(struct piece piece);
/* Sets a text member. */
void parse_set(json_t *object, const char *member, struct piece piece);
/* number * unit, or the largest there is. */
int64_t parse_scaled(int64_t number, int64_t unit);

json_t *parse_arguments(const struct parse_input *input, struct err *err);
json_t *parse_cgroups(const struct parse_input *input, struct err *err);
json_t *parse_chrony(const struct parse_input *input, struct err *err);
json_t *parse_cmdline(const struct parse_input *input, struct err *err);
json_t *parse_containerd_config(const struct parse_input *input, struct err *err);
json_t *parse_count(const struct parse_input *input, struct err *err);
json_t *parse_curl(const struct parse_input *input, struct err *err);
json_t *parse_deleted_files(const struct parse_input *input, struct err *err);
json_t *parse_df(const struct parse_input *input, struct err *err);
json_t *parse_df_inodes(const struct parse_input *input, struct err *err);
json_t *parse_epoch(const struct parse_input *input, struct err *err);
json_t *parse_find_files(const struct parse_input *input, struct err *err);
json_t *parse_find_sizes(const struct parse_input *input, struct err *err);
json_t *parse_hosts(const struct parse_input *input, struct err *err);
json_t *parse_images_crictl(const struct parse_input *input, struct err *err);
json_t *parse_images_ctr(const struct parse_input *input, struct err *err);
json_t *parse_images_docker(const struct parse_input *input, struct err *err);
json_t *parse_journal(const struct parse_input *input, struct err *err);
json_t *parse_logrotate_status(const struct parse_input *input, struct err *err);
json_t *parse_lsblk(const struct parse_input *input, struct err *err);
json_t *parse_meminfo(const struct parse_input *input, struct err *err);
json_t *parse_mounts(const struct parse_input *input, struct err *err);
json_t *parse_os_release(const struct parse_input *input, struct err *err);
json_t *parse_processes(const struct parse_input *input, struct err *err);
json_t *parse_resolv(const struct parse_input *input, struct err *err);
json_t *parse_rpcinfo(const struct parse_input *input, struct err *err);
json_t *parse_sha256(const struct parse_input *input, struct err *err);
json_t *parse_stat(const struct parse_input *input, struct err *err);
json_t *parse_systemd_units(const struct parse_input *input, struct err *err);
json_t *parse_timedatectl(const struct parse_input *input, struct err *err);
json_t *parse_uptime(const struct parse_input *input, struct err *err);
json_t *parse_version(const struct parse_input *input, struct err *err);
json_t *parse_word(const struct parse_input *input, struct err *err);

#endif
