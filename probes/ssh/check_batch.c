#include "probes/ssh/check_batch.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "probes/base/memory.h"

/* As root has it; login users and sudo's secure_path lack sbin or /usr/local. */
static const char path_variable[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

enum {
	SCRIPT_MAXIMUM = 256 << 10,
	ERROR_MAXIMUM = 4096,		/* of each command's standard error */
	TIMEOUT_MAXIMUM_MS = 120000,	/* of the whole batch: what hangs in the kernel ends by no signal */
	KILL_SECONDS = 2,
};

static void make_nonce(char nonce[NONCE_SIZE])
{
	unsigned char bytes[(NONCE_SIZE - 1) / 2];
	ssize_t got;

	do {
		got = getrandom(bytes, sizeof(bytes), 0);
	} while (got < 0);
	if (got != (ssize_t)sizeof(bytes))
		bug("few random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

bool facts_fit(const struct node_facts *facts, enum node_runtime runtime, enum node_family family)
{
	return (runtime == RUNTIME_ANY || facts->runtime == RUNTIME_ANY || facts->runtime == runtime) &&
	       (family == FAMILY_ANY || facts->family == FAMILY_ANY || facts->family == family);
}

static void add_check(struct check_batch *batch, const struct check *check)
{
	batch->checks = xreallocarray(batch->checks, batch->count + 1, sizeof(const struct check *));
	batch->checks[batch->count++] = check;
}

static bool has_check(const struct check_batch *batch, const struct check *check)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->checks[i] == check)
			return true;
	}
	return false;
}

/* Whether something of the wanted checks is for one runtime (or one family) alone. */
static bool depends(const struct check_batch *batch, bool on_runtime)
{
	bool found = false;

	for (size_t i = 0; i < batch->wanted; i++) {
		const struct check *check = batch->checks[i];

		found |= on_runtime ? check->runtime != RUNTIME_ANY : check->family != FAMILY_ANY;
		for (size_t r = 0; r < check->read_count; r++) {
			for (size_t c = 0; c < check->reads[r].command_count; c++) {
				const struct check_command *command = &check->reads[r].commands[c];

				found |= on_runtime ? command->runtime != RUNTIME_ANY : command->family != FAMILY_ANY;
			}
		}
	}
	return found;
}

/* What the Node object does not say is found out on the node, by a check of its own. */
static void add_helper(struct check_batch *batch, bool is_needed, const char *name)
{
	const struct check *helper =
		is_needed && batch->wanted && batch->checks[0]->set ? check_by_name(batch->checks[0]->set, name) : NULL;

	if (helper && !has_check(batch, helper))
		add_check(batch, helper);
}

static void add_commands(struct check_batch *batch, size_t index)
{
	const struct node_facts facts = {batch->runtime, batch->family};
	const struct check *check = batch->checks[index];

	if (!facts_fit(&facts, check->runtime, check->family))
		return;
	for (size_t r = 0; r < check->read_count; r++) {
		const struct check_read *read = &check->reads[r];

		for (size_t c = 0; c < read->command_count; c++) {
			struct batch_command command = {.check = index, .read = read, .command = &read->commands[c]};

			if (!facts_fit(&facts, command.command->runtime, command.command->family))
				continue;
			buffer_init(&command.output.texts[0], read->maximum);
			buffer_init(&command.output.texts[1], ERROR_MAXIMUM);
			batch->commands = xreallocarray(batch->commands, batch->command_count + 1,
							sizeof(*batch->commands));
			batch->commands[batch->command_count++] = command;
		}
	}
}

void batch_init(struct check_batch *batch, const struct check *const *checks, size_t count, const char *runtime,
		const char *os_image, const char *nonce)
{
	*batch = (struct check_batch){.runtime = node_runtime_of(runtime), .family = node_family_of(os_image)};
	for (size_t i = 0; i < count; i++)
		add_check(batch, checks[i]);
	batch->wanted = count;
	add_helper(batch, batch->runtime == RUNTIME_ANY && depends(batch, true), "runtime");
	add_helper(batch, batch->family == FAMILY_ANY && depends(batch, false), "os");
	for (size_t i = 0; i < batch->count; i++)
		add_commands(batch, i);
	if (nonce)
		snprintf(batch->nonce, sizeof(batch->nonce), "%s", nonce);
	else
		make_nonce(batch->nonce);
}

void batch_release(struct check_batch *batch)
{
	for (size_t i = 0; i < batch->command_count; i++) {
		buffer_release(&batch->commands[i].output.texts[0]);
		buffer_release(&batch->commands[i].output.texts[1]);
	}
	free(batch->commands);
	free(batch->checks);
	*batch = (struct check_batch){0};
}

const char **wrapped_argv(const char *const *argv, bool sudo, int timeout_seconds, char seconds[12])
{
	const char *const before[] = {"sudo", "-n", "timeout", "-k", "2", seconds, "env", "LC_ALL=C", path_variable};
	size_t skipped = sudo ? 0 : 2;
	size_t count = 0;
	const char **words;

	while (argv[count])
		count++;
	words = xcalloc(array_length(before) + count + 1, sizeof(*words));
	memcpy(words, before + skipped, (array_length(before) - skipped) * sizeof(*words));
	memcpy(words + array_length(before) - skipped, argv, count * sizeof(*words));
	snprintf(seconds, 12, "%d", timeout_seconds);
	return words;
}

/* In sudoers(5) these characters of an argument are escaped. */
static void add_sudoers_word(struct buffer *out, const char *word)
{
	for (; *word; word++) {
		if (strchr(",:=\\*?[]!\" ", *word))
			buffer_add_byte(out, '\\');
		buffer_add_byte(out, *word);
	}
}

char *sudoers_line(const char *user, const char *const *argv, int timeout_seconds)
{
	char seconds[12];
	const char **words = wrapped_argv(argv, true, timeout_seconds, seconds);
	struct buffer out = BUFFER_INIT(8192);

	buffer_addf(&out, "%s ALL=(root) NOPASSWD: /usr/bin/timeout", user);
	for (size_t i = 3; words[i]; i++) {
		buffer_add_byte(&out, ' ');
		add_sudoers_word(&out, words[i]);
	}
	free(words);
	return buffer_detach(&out);
}

static void add_quoted(struct buffer *out, const char *word)
{
	bool is_plain = *word != '\0';

	for (const char *at = word; *at; at++)
		is_plain &= (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
			    strchr("-_./:=,+@", *at) != NULL;
	if (is_plain) {
		buffer_add_text(out, word);
		return;
	}
	buffer_add_byte(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buffer_add_text(out, "'\\''");
		else
			buffer_add_byte(out, *word);
	}
	buffer_add_byte(out, '\'');
}

static void add_marker(struct buffer *out, const char *status, const char *nonce, const char *number)
{
	static const char say[] = "printf '\\n%s %s %s\\n'";

	buffer_addf(out, "s=%s; %s %s %s \"$s\"; %s %s %s \"$s\" >&2\n", status, say, nonce, number, say, nonce,
		    number);
}

char *batch_script(const struct check_batch *batch)
{
	struct buffer out = BUFFER_INIT(SCRIPT_MAXIMUM);

	add_marker(&out, "0", batch->nonce, "start");
	for (size_t i = 0; i < batch->command_count; i++) {
		const struct batch_command *command = &batch->commands[i];
		char seconds[12];
		char number[24];
		const char **words = wrapped_argv(command->command->argv, command->read->sudo,
						  command->read->timeout_seconds,
						  seconds);

		for (size_t w = 0; words[w]; w++) {
			add_quoted(&out, words[w]);
			buffer_add_byte(&out, ' ');
		}
		buffer_add_text(&out, "</dev/null\n");
		snprintf(number, sizeof(number), "%zu", i);
		add_marker(&out, "$?", batch->nonce, number);
		free(words);
	}
	if (out.overflowed)
		bug("a batch of checks is too long");
	return buffer_detach(&out);
}

int batch_timeout_ms(const struct check_batch *batch)
{
	int64_t sum = 5000;

	for (size_t i = 0; i < batch->command_count; i++)
		sum += 1000 * (int64_t)(batch->commands[i].read->timeout_seconds + KILL_SECONDS);
	return sum < TIMEOUT_MAXIMUM_MS ? (int)sum : TIMEOUT_MAXIMUM_MS;
}

/* "\nNONCE 3 0": the number that is due, and the status. */
static bool read_marker(const struct check_batch *batch, struct batch_stream *stream, int *ret_status)
{
	struct piece rest = piece_of(stream->held + 1, stream->held_length - 1);
	struct piece number;
	struct piece status;
	int64_t value = -1;

	if (!piece_skip(&rest, batch->nonce) || !piece_skip(&rest, " ") || !piece_until(&rest, ' ', &number) ||
	    !piece_until(&rest, '\n', &status) || rest.length || !piece_integer(status,
										&value) || value < 0 || value > 255)
		return false;
	*ret_status = (int)value;
	if (!stream->has_started)
		return piece_is(number, "start");
	return piece_integer(number, &value) && value >= 0 && (size_t)value == stream->current;
}

static void keep(struct check_batch *batch, size_t which, const char *bytes, size_t n)
{
	struct batch_stream *stream = &batch->streams[which];

	if (stream->has_started && stream->current < batch->command_count && n)
		buffer_add(&batch->commands[stream->current].output.texts[which], bytes, n);
}

static void end_command(struct check_batch *batch, size_t which, int status, int64_t now_ms)
{
	struct batch_stream *stream = &batch->streams[which];
	struct batch_output *output;

	stream->held_length = 0;
	if (!stream->has_started) {
		stream->has_started = true;
		return;
	}
	output = &batch->commands[stream->current++].output;
	output->has_ended[which] = true;
	output->exit_status = status;
	if (!which)
		output->ended_at_ms = now_ms;
}

/* Whether what is held may still become a marker. */
static bool may_be_marker(const struct check_batch *batch, const struct batch_stream *stream)
{
	size_t n = stream->held_length - 1;

	if (n > strlen(batch->nonce))
		n = strlen(batch->nonce);
	return stream->held_length < sizeof(stream->held) && !memcmp(stream->held + 1, batch->nonce, n);
}

static void feed_byte(struct check_batch *batch, size_t which, char byte, int64_t now_ms)
{
	struct batch_stream *stream = &batch->streams[which];
	int status;

	if (!stream->held_length) {
		if (byte == '\n')
			stream->held[stream->held_length++] = byte;
		else
			keep(batch, which, &byte, 1);
		return;
	}
	stream->held[stream->held_length++] = byte;
	if (byte == '\n') {
		if (stream->has_started ? stream->current < batch->command_count : true) {
			if (read_marker(batch, stream, &status)) {
				end_command(batch, which, status, now_ms);
				return;
			}
		}
		keep(batch, which, stream->held, stream->held_length - 1);
		stream->held[0] = byte;
		stream->held_length = 1;
	} else if (!may_be_marker(batch, stream)) {
		keep(batch, which, stream->held, stream->held_length);
		stream->held_length = 0;
	}
}

void batch_feed(struct check_batch *batch, int which, const char *bytes, size_t n, int64_t now_ms)
{
	for (size_t i = 0; i < n; i++)
		feed_byte(batch, which == 2, bytes[i], now_ms);
}

void batch_judge(const struct check_batch *batch, const struct node_answer *answer, struct check_result *results)
{
	struct node_facts facts = {batch->runtime, batch->family};
	struct check_result helper = {0};

	for (size_t i = batch->wanted; i < batch->count; i++) {
		judge_check(batch, i, answer, &facts, &helper);
		check_result_release(&helper);
	}
	/* "runtime" and "os" may be wanted themselves, after others that need to know. */
	for (size_t i = 0; i < batch->wanted; i++) {
		const char *name = batch->checks[i]->name;

		if (!strcmp(name, "runtime") || !strcmp(name, "os")) {
			judge_check(batch, i, answer, &facts, &helper);
			check_result_release(&helper);
		}
	}
	for (size_t i = 0; i < batch->wanted; i++)
		judge_check(batch, i, answer, &facts, &results[i]);
}
