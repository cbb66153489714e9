/*
 * What one check found: which of its commands answered, what their parsers
 * make of it, which signs hold.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/check_batch.h"

void check_result_release(struct check_result *result)
{
	json_decref(result->value);
	json_decref(result->signs);
	free(result->text);
	*result = (struct check_result){0};
}

json_t *check_result_document(const struct check_result *result)
{
	static const char *const verdicts[] = {
		[CHECK_OK] = "ok", [CHECK_BAD] = "bad", [CHECK_NOT_APPLICABLE] = "not-applicable",
	};

	if (result->verdict == CHECK_COULD_NOT)
		return NULL;
	return json_pack("{s:s, s:s?, s:O?, s:O?, s:o}", "verdict", verdicts[result->verdict], "sign", result->sign,
			 "signs", result->signs, "value", result->value, "text",
			 piece_json(piece_of(result->text ? result->text : "", result->text
					     ? strlen(result->text) : 0)));
}

static bool is_accepted(const struct check_read *read, const struct batch_command *command)
{
	const struct batch_output *output = &command->output;
	size_t index;
	const json_t *exit;

	if (!output->exit_status)
		return true;
	/* Another status with nothing said is no answer, but where the status itself is one. */
	if (!output->texts[0].length && !command->command->parser->reads_exit)
		return false;
	json_array_foreach(read->exits, index, exit) {
		if (json_integer_value(exit) == output->exit_status)
			return true;
	}
	return false;
}

/* What one command says; NULL: ret_reason says why nothing. */
static json_t *value_of(const struct batch_command *command, const struct node_answer *answer, struct err *ret_reason)
{
	const struct batch_output *output = &command->output;
	const struct parse_input input = {
		.text = buffer_text(&output->texts[0]),
		.length = output->texts[0].length,
		.error_text = buffer_text(&output->texts[1]),
		.error_length = output->texts[1].length,
		.exit_status = output->exit_status,
		.was_cut = output->texts[0].overflowed,
	};

	if (output->has_ended[0] && is_accepted(command->read, command))
		/* cppcheck-suppress returnDanglingLifetime */
		return parser_run(command->command->parser, &input, ret_reason);
	if (output->has_ended[0] && command->read->takes_missing && is_missing_file(output))
		return json_pack("{s:b}", "missing", 1);
	explain_failure(command, answer, ret_reason);
	return NULL;
}

struct judging {
	const struct check_batch *batch;
	const struct node_answer *answer;
	const struct node_facts *facts;
	size_t index;
};

/*
 * The first of a read's commands that answers; else why the first that is installed did not. A tool that is not there
 * is an answer where the read is optional.
 */
static json_t *read_value(const struct judging *judging, const struct check_read *read,
			  const struct batch_command **ret_command,
			  struct err *ret_reason)
{
	bool is_there = false;
	bool was_run = false;

	for (size_t i = 0; i < judging->batch->command_count; i++) {
		const struct batch_command *command = &judging->batch->commands[i];
		struct err reason = {0};
		bool is_installed;
		json_t *value;

		if (command->check != judging->index || command->read != read ||
		    !facts_fit(judging->facts, command->command->runtime, command->command->family))
			continue;
		value = value_of(command, judging->answer, &reason);
		*ret_command = command;
		if (value)
			return value;
		is_installed = !command->output.has_ended[0] || !is_not_installed(&command->output);
		if (!was_run || (is_installed && !is_there))
			*ret_reason = reason;
		is_there |= is_installed;
		was_run = true;
	}
	if (!was_run)
		err_set(ret_reason, ERR_NOT_FOUND, "no command reads this on such a node", NULL);
	else if (read->is_optional && !is_there)
		return json_pack("{s:b}", "notInstalled", 1);
	return NULL;
}

/* What "runtime" and "os" say of the node, for the checks that depend on it. */
static void learn(const struct check *check, const json_t *value, struct node_facts *facts)
{
	const char *runtime = json_string_value(value_member(value, "runtime.name"));
	const char *family = json_string_value(value_member(value, "release.family"));

	if (!strcmp(check->name, "runtime") && facts->runtime == RUNTIME_ANY && runtime)
		facts->runtime = node_runtime_of(runtime);
	if (!strcmp(check->name, "os") && facts->family == FAMILY_ANY && family)
		facts->family = !strcmp(family, "rhel")	    ? FAMILY_RHEL
				: !strcmp(family, "debian") ? FAMILY_DEBIAN
							    : FAMILY_OTHER;
}

enum { SIGN_NONE, SIGN_NOTE, SIGN_WARNING, SIGN_CRITICAL };

static int weight_of(const struct check_sign *sign)
{
	if (!sign->is_bad)
		return SIGN_NOTE;
	return sign->is_critical ? SIGN_CRITICAL : SIGN_WARNING;
}

static void find_signs(const struct check *check, struct check_result *result)
{
	int worst = SIGN_NONE;

	result->signs = json_object();
	for (size_t i = 0; i < check->sign_count; i++) {
		const struct check_sign *sign = &check->signs[i];
		bool holds = value_has_sign(result->value, sign);

		json_object_set_new(result->signs, sign->id, json_boolean(holds));
		if (!holds || weight_of(sign) <= worst)
			continue;
		worst = weight_of(sign);
		result->sign = sign->id;
	}
	if (worst >= SIGN_WARNING)
		result->verdict = CHECK_BAD;
	result->is_critical = worst == SIGN_CRITICAL;
}

/* Whether the check means something on this node; else its verdict and the reason are set. */
static bool applies(const struct check *check, const struct node_facts *facts, struct check_result *result)
{
	bool is_unknown = (check->runtime != RUNTIME_ANY && facts->runtime == RUNTIME_ANY) ||
			  (check->family != FAMILY_ANY && facts->family == FAMILY_ANY);

	if (!is_unknown && facts_fit(facts, check->runtime, check->family))
		return true;
	result->verdict = is_unknown ? CHECK_COULD_NOT : CHECK_NOT_APPLICABLE;
	if (is_unknown)
		err_set(&result->reason, ERR_NOT_FOUND,
			"it is not known which container runtime and system the node has",
			NULL);
	else if (check->runtime != RUNTIME_ANY && facts->runtime != check->runtime)
		err_set(&result->reason, ERR_NOT_FOUND, "the node has another container runtime", NULL);
	else
		err_set(&result->reason, ERR_NOT_FOUND, "the node has another operating system", NULL);
	return false;
}

/* All reads of the check; false: one that is needed did not answer. */
static bool read_all(const struct judging *judging, struct check_result *result, int64_t *ret_clock_ms)
{
	const struct check *check = judging->batch->checks[judging->index];
	bool is_whole = true;

	for (size_t i = 0; i < check->read_count; i++) {
		const struct batch_command *command = NULL;
		struct err reason = {0};
		json_t *value = read_value(judging, &check->reads[i], &command, &reason);

		if (value) {
			json_object_set_new(result->value, check->reads[i].as, value);
			if (!strcmp(check->reads[i].as, "clock"))
				*ret_clock_ms = command->output.ended_at_ms;
		} else if (!check->reads[i].is_optional && is_whole) {
			result->reason = reason;
			result->exit_status = command ? command->output.exit_status : 0;
			is_whole = false;
		}
	}
	return is_whole;
}

void judge_check(const struct check_batch *batch, size_t index, const struct node_answer *answer,
		 struct node_facts *facts,
		 struct check_result *result)
{
	const struct check *check = batch->checks[index];
	const struct judging judging = {batch, answer, facts, index};
	int64_t clock_ms = 0;
	bool is_whole;

	*result = (struct check_result){.check = check, .verdict = CHECK_OK};
	if (!applies(check, facts, result))
		return;
	result->value = json_object();
	is_whole = read_all(&judging, result, &clock_ms);
	if (json_object_size(result->value)) {
		value_derive(result->value, check->derive, clock_ms);
		learn(check, result->value, facts);
		find_signs(check, result);
	}
	if (!is_whole && result->verdict != CHECK_BAD) {
		result->verdict = CHECK_COULD_NOT;
		result->sign = NULL;
	}
	if (!json_object_size(result->value)) {
		json_decref(take_pointer(result->value));
		return;
	}
	result->text = value_summary(result->value, check->summary);
}
