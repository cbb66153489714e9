/*
 * Names and reachability: resolv.conf(5), getent, curl -w.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

static void add_words(json_t *list, struct piece rest)
{
	struct piece word;

	while (piece_word(&rest, &word) && json_array_size(list) < PARSE_ITEMS_MAX)
		json_array_append_new(list, piece_json(word));
}

json_t *parse_resolv(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *servers = json_array();
	json_t *search = json_array();
	json_t *options = json_array();
	struct piece line;

	(void)err;	/* an empty file is one without name servers */
	while (piece_line(&rest, &line)) {
		struct piece key;

		if (!piece_word(&line, &key) || *key.at == '#' || *key.at == ';')
			continue;
		if (piece_is(key, "nameserver")) {
			struct piece address;

			if (piece_word(&line, &address))
				add_words(servers, address);
		} else if (piece_is(key, "search") || piece_is(key, "domain")) {
			/* the last one counts */
			json_array_clear(search);
			add_words(search, line);
		} else if (piece_is(key, "options")) {
			add_words(options, line);
		}
	}
	return json_pack("{s:o, s:I, s:o, s:o}", "nameservers", servers, "nameserverCount",
			 (json_int_t)json_array_size(servers), "search", search, "options", options);
}

/* getent hosts; it ends with 2 where nothing is found. */
json_t *parse_hosts(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *addresses = json_array();
	struct piece line;
	struct piece word;

	while (piece_line(&rest, &line) && json_array_size(addresses) < PARSE_ITEMS_MAX) {
		if (piece_word(&line, &word))
			json_array_append_new(addresses, piece_json(word));
	}
	if (!input->exit_status && !json_array_size(addresses)) {
		json_decref(addresses);
		err_set(err, ERR_PROTOCOL, "getent prints no address", NULL);
		return NULL;
	}
	return json_pack("{s:b, s:o}", "found", input->exit_status == 0, "addresses", addresses);
}

/* Exit statuses of curl(1). */
static const char *trouble_of(int exit_status)
{
	switch (exit_status) {
	case 0:
		return "";
	case 5:
	case 6:
		return "DNS";
	case 7:
		return "connect";
	case 28:
		return "timeout";
	case 35:
	case 51:
	case 58:
	case 60:
	case 77:
		return "TLS";
	default:
		return "cut off";
	}
}

/* curl -w '%{http_code} %{remote_ip}\n': any HTTP answer, 401 too, says that the host is reached. */
json_t *parse_curl(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct piece word;
	struct piece address;
	int64_t status;
	json_t *value;

	if (!piece_word(&rest, &word) || !piece_integer(word, &status) || status < 0 || status > 999) {
		err_set(err, ERR_PROTOCOL, "curl prints no HTTP status", NULL);
		return NULL;
	}
	value = json_pack("{s:b, s:I, s:s}", "reachable", status > 0, "status", (json_int_t)status, "trouble",
			  status > 0 ? "" : trouble_of(input->exit_status));
	if (piece_word(&rest, &address))
		parse_set(value, "address", address);
	return value;
}
