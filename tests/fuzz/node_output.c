/*
 * What nodes print: every parser, and a batch of all shipped checks taken
 * apart from a stream with real markers and hostile bytes between them.
 */
#include "probes/ssh/check_batch.h"
#include "tests/fuzz/fuzz.h"

static const char nonce[] = "0123456789abcdef0123456789abcdef";

static const struct check_set *checks(void)
{
	static struct check_set *set;
	struct err err = {0};

	if (!set)
		check(check_set_load("assets/checks", &set, &err) == 0, "run it in the root of the tree");
	return set;
}

/* Whatever is kept is JSON that can be written and read again: it goes to evidence, archives and screens. */
static void check_value(json_t *value)
{
	auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *again;

	check(text, "a value that cannot be written");
	again = json_loads(text, JSON_DECODE_ANY, NULL);
	check(again, "a value that cannot be read: %s", text);
	json_decref(again);
}

static void parse_one(const struct parser *parser, struct fuzz_input input, int exit_status)
{
	const char *cut = memchr(input.bytes, '\f', input.left);
	size_t n = cut ? (size_t)(cut - input.bytes) : input.left;
	const struct parse_input parse = {
		.text = input.bytes,
		.length = n,
		.error_text = input.bytes + n,
		.error_length = input.left - n,
		.exit_status = exit_status,
		.was_cut = input.left & 1,
	};
	struct err err = {0};
	json_t *value = parser_run(parser, &parse, &err);

	if (value)
		check_value(value);
	else
		fuzz_check_error(&err);
	json_decref(value);
}

static void check_results(struct check_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *document = check_result_document(&results[i]);

		check((document == NULL) == (results[i].verdict == CHECK_COULD_NOT), "a verdict without its document");
		if (results[i].verdict == CHECK_COULD_NOT || results[i].verdict == CHECK_NOT_APPLICABLE)
			fuzz_check_error(&results[i].reason);
		check(results[i].verdict != CHECK_BAD || results[i].sign, "bad without a sign");
		if (document)
			check_value(document);
		json_decref(document);
		check_result_release(&results[i]);
	}
}

/* The bytes, where a form feed ends a command with its real marker and a vertical tab begins one that is not due. */
static void feed(struct check_batch *batch, int which, struct fuzz_input input, size_t piece)
{
	struct buffer stream = BUFFER_INIT(1 << 20);
	size_t number = 0;

	buffer_addf(&stream, "\n%s start 0\n", nonce);
	for (size_t i = 0; i < input.left; i++) {
		if (input.bytes[i] == '\f')
			buffer_addf(&stream, "\n%s %zu %d\n", nonce, number++, i % 3 ? 0 : (int)(i % 128));
		else if (input.bytes[i] == '\v')
			buffer_addf(&stream, "\n%s %zu ", nonce, number + 1);
		else
			buffer_add_byte(&stream, input.bytes[i]);
	}
	for (size_t at = 0; at < stream.length; at += piece)
		batch_feed(batch, which, stream.data + at, stream.length - at < piece ? stream.length - at : piece,
			   1700000000000);
	buffer_release(&stream);
}

static void judge(struct fuzz_input input, unsigned int host)
{
	static const char *const runtimes[] = {"docker://19.3", "containerd://1.6", "", "cri-o://1.2"};
	const struct check_set *set = checks();
	const struct check *wanted[64];
	struct check_result results[64] = {0};
	size_t count = check_count(set);
	struct node_answer answer = {.trouble = host & 1 ? NODE_LOST : NODE_FINE};
	struct check_batch batch;

	if (host & 1)
		err_set(&answer.err, ERR_CONNECT, "lost", NULL);
	check(count <= array_length(wanted), "more checks than there is room for");
	for (size_t i = 0; i < count; i++)
		wanted[i] = check_at(set, i);
	batch_init(&batch, wanted, count, runtimes[host % array_length(runtimes)], host & 4
		   ? "Rocky Linux 9.4" : NULL, nonce);
	feed(&batch, 1, input, 1 + host % 13);
	feed(&batch, 2, input, 1 + host % 7);
	batch_judge(&batch, &answer, results);
	check_results(results, count);
	batch_release(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {(const char *)data, size};
	size_t parsers = 0;
	unsigned int choice;

	while (parser_at(parsers))
		parsers++;
	choice = fuzz_choose(&input, (unsigned int)parsers + 1);
	if (choice < parsers)
		parse_one(parser_at(choice), input, (int)fuzz_choose(&input, 3));
	else
		judge(input, fuzz_choose(&input, 26));
	return 0;
}
