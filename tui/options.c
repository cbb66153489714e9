#include "tui/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"

enum option_kind {
	OPTION_TEXT,
	OPTION_SECONDS,
	OPTION_SWITCH,
	OPTION_LIST,
	OPTION_COLOR,
	OPTION_LANGUAGE,
	OPTION_SCENARIO,	/* its value is optional: --demo, --demo=bad-day */
};

/* name, kind, member, value, help */
#define OPTIONS(X) \
	X("--kubeconfig", TEXT, kubeconfig, "F", N_("use this kubeconfig instead of KUBECONFIG or ~/.kube/config")) \
	X("--context", TEXT, context, "C", N_("use this context instead of the current one")) \
	X("--namespace", TEXT, name_space, "N", N_("look at this namespace")) \
	X("--as", TEXT, as_user, "USER", N_("impersonate this user")) \
	X("--as-group", LIST, as_groups, "G", N_("impersonate this group; may be given more than once")) \
	X("--request-timeout", SECONDS, request_timeout, "S", N_("seconds until a request is given up")) \
	X("--quiet-after", SECONDS, quiet_after, "S", N_("seconds of silence until it is asked for a sign (15)")) \
	X("--read-only", SWITCH, read_only, NULL, N_("nothing can be changed, and this cannot be armed")) \
	X("--lang", LANGUAGE, language, "L", N_("language of texts: en, ko or ja")) \
	X("--no-ssh", SWITCH, no_ssh, NULL, N_("leave checks on nodes out")) \
	X("--ssh-config", TEXT, ssh_config, "F", N_("use this ssh_config for nodes")) \
	X("--ssh-user", TEXT, ssh_user, "U", N_("user name on nodes")) \
	X("--ssh-key", TEXT, ssh_key, "F", N_("private key for nodes")) \
	X("--ssh-jump", TEXT, ssh_jump, "H", N_("jump host on the way to nodes")) \
	X("--theme", TEXT, theme, "T", N_("dark, light, mono or auto")) \
	X("--color", COLOR, color, "WHEN", N_("auto, always or never")) \
	X("--compact", SWITCH, compact, NULL, N_("start with one header line and no borders to spare")) \
	X("--config", TEXT, config_file, "F", N_("use this configuration file")) \
	X("--state-dir", TEXT, state_dir, "DIR", N_("keep journal and history in this folder")) \
	X("--wait", SECONDS, wait, "S", N_("seconds that a command waits for the first complete picture (20)")) \
	X("--demo", SCENARIO, demo, "=SCENARIO", N_("start a simulated cluster and look at that (calico-outage)")) \
	X("--no-protobuf", SWITCH, no_protobuf, NULL, N_("read lists and watches as JSON alone")) \
	X("--verbose", SWITCH, verbose, NULL, N_("print every request that is sent (also -v)")) \
	X("--help", SWITCH, help, NULL, N_("say how a command is used (also -h)"))

struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset;
};

static const struct option_row rows[] = {
#define OPTION_ROW(text, type, member, value, help) {text, OPTION_##type, offsetof(struct options, member)},
	OPTIONS(OPTION_ROW)
#undef OPTION_ROW
};

const struct command_flag global_flags[] = {
#define OPTION_FLAG(text, type, member, what, about) {.name = text, .value = what, .help = about},
	OPTIONS(OPTION_FLAG)
#undef OPTION_FLAG
	{.name = NULL},
};

const char *language_of_locale(const char *locale)
{
	static const char *const languages[] = {"en", "ko", "ja"};

	for (size_t i = 0; i < array_length(languages); i++) {
		if (!strncmp(locale, languages[i], 2) && (locale[2] == '\0' || strchr("_.@-", locale[2])))
			return languages[i];
	}
	return NULL;
}

static void *member(struct options *options, const struct option_row *row)
{
	return (char *)options + row->offset;
}

static bool is_switch(const struct option_row *row)
{
	return row->kind == OPTION_SWITCH;
}

static void add_to_list(const char ***list, const char *value)
{
	size_t n = 0;

	while (*list && (*list)[n])
		n++;
	*list = xreallocarray(*list, n + 2, sizeof(**list));
	(*list)[n] = value;
	(*list)[n + 1] = NULL;
}

static int set_seconds(double *seconds, const char *name, const char *value, struct err *err)
{
	char *end;
	double number = strtod(value, &end);

	if (end == value || (*end && strcmp(end, "s") != 0) || !(number > 0) || number > 86400)
		return err_set(err, ERR_USAGE, "{flag} wants a number of seconds, not {value}", "flag", name,
			       "value", value, NULL);
	*seconds = number;
	return 0;
}

static int set_switch(bool *on, const char *name, const char *value, struct err *err)
{
	static const char *const yes[] = {"1", "true", "yes", "on"};
	static const char *const no[] = {"0", "false", "no", "off", ""};

	for (size_t i = 0; i < array_length(yes); i++) {
		if (!strcmp(value, yes[i])) {
			*on = true;
			return 0;
		}
	}
	for (size_t i = 0; i < array_length(no); i++) {
		if (!strcmp(value, no[i])) {
			*on = false;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "{flag} is true or false, not {value}", "flag", name, "value", value,
		       NULL);
}

static int set_color(enum color_choice *choice, const char *name, const char *value, struct err *err)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	for (size_t i = 0; i < array_length(names); i++) {
		if (!strcmp(value, names[i])) {
			*choice = (enum color_choice)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "{flag} is auto, always or never, not {value}", "flag", name, "value",
		       value,
		       NULL);
}

static int set_value(struct options *options, const struct option_row *row, const char *name,
		     const char *value,
		     struct err *err)
{
	switch (row->kind) {
	case OPTION_SECONDS:
		return set_seconds(member(options, row), name, value, err);
	case OPTION_SWITCH:
		return set_switch(member(options, row), name, value, err);
	case OPTION_COLOR:
		return set_color(member(options, row), name, value, err);
	case OPTION_LIST:
		add_to_list(member(options, row), value);
		return 0;
	case OPTION_LANGUAGE:
		if (strlen(value) != 2 || !language_of_locale(value))
			return err_set(err, ERR_USAGE, "{flag} is en, ko or ja, not {value}", "flag", name,
				       "value",
				       value, NULL);
		*(const char **)member(options, row) = language_of_locale(value);
		return 0;
	case OPTION_SCENARIO:
		*(const char **)member(options, row) = *value ? value : "calico-outage";
		return 0;
	case OPTION_TEXT:
		break;
	}
	if (!*value)
		return err_set(err, ERR_USAGE, "{flag} needs a value", "flag", name, NULL);
	*(const char **)member(options, row) = value;
	return 0;
}

/* "--as-group" is NKS_TRIAGE_AS_GROUP. */
static void environment_name(const char *flag, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, "NKS_TRIAGE_");

	for (const char *c = flag + 2; *c && at + 1 < size; c++)
		out[at++] = *c == '-' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	out[at] = '\0';
}

int options_init(struct options *options, struct err *err)
{
	options->wait = 20;
	for (size_t i = 0; i < array_length(rows); i++) {
		char name[64];
		const char *value;

		environment_name(rows[i].name, name, sizeof(name));
		value = getenv(name);
		if (value && *value && set_value(options, &rows[i], name, value, err) < 0)
			return -1;
	}
	return 0;
}

void options_release(struct options *options)
{
	free(options->as_groups);
	options->as_groups = NULL;
}

/* True where word is that flag; *ret_value is what follows "=", or NULL. */
static bool flag_is(const char *word, const char *name, const char **ret_value)
{
	size_t length = strlen(name);

	if (strncmp(word, name, length) != 0)
		return false;
	*ret_value = word[length] == '=' ? word + length + 1 : NULL;
	return word[length] == '\0' || word[length] == '=';
}

static const struct option_row *find_global(const char *word, const char **ret_value)
{
	if (!strcmp(word, "-v"))
		word = "--verbose";
	else if (!strcmp(word, "-h"))
		word = "--help";
	for (size_t i = 0; i < array_length(rows); i++) {
		if (flag_is(word, rows[i].name, ret_value))
			return &rows[i];
	}
	return NULL;
}

static const struct command_flag *find_own(const struct command *command, const char *word,
					   const char **ret_value)
{
	for (const struct command_flag *flag = command ? command->flags : NULL; flag && flag->name; flag++) {
		if (flag_is(word, flag->name, ret_value))
			return flag;
	}
	return NULL;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

/* Reads the global flag at *at; moves on over its value. */
static int take_global(struct options *options, const struct option_row *row, const char *value, char **argv,
		       int *at, struct err *err)
{
	const char *name = row->name;

	if (!value && is_switch(row))
		value = "true";
	else if (!value && row->kind == OPTION_SCENARIO)
		value = "";
	else if (!value)
		value = argv[*at + 1] ? argv[++*at] : "";
	if (!*value && row->kind != OPTION_SCENARIO)
		return err_set(err, ERR_USAGE, "{flag} needs a value", "flag", name, NULL);
	return set_value(options, row, name, value, err);
}

static int unknown_flag(const char *word, struct err *err)
{
	err_set(err, ERR_USAGE, "there is no flag {flag}", "flag", word, NULL);
	err_hint(err, "nks-triage help lists what there is", NULL);
	return -1;
}

int options_parse(struct options *options, int argc, char **argv, const struct command **ret_command,
		  int *ret_count, char ***ret_words, struct err *err)
{
	auto_free char **words = xcalloc((size_t)argc + 1, sizeof(*words));
	const struct command *command = NULL;
	bool groups_from_flags = false;
	int count = 0;

	for (int i = 1; i < argc; i++) {
		const char *value = NULL;
		const struct command_flag *own = find_own(command, argv[i], &value);
		const struct option_row *global = own ? NULL : find_global(argv[i], &value);

		if (own) {
			words[count++] = argv[i];
			if (own->value && !value && argv[i + 1])
				words[count++] = argv[++i];
		} else if (!strcmp(argv[i], "--")) {
			while (i < argc)
				words[count++] = argv[i++];
		} else if (global) {
			if (global->kind == OPTION_LIST && !groups_from_flags) {
				groups_from_flags = true;
				options_release(options);
			}
			if (take_global(options, global, value, argv, &i, err) < 0)
				return -1;
		} else if (!command && argv[i][0] == '-' && argv[i][1]) {
			return unknown_flag(argv[i], err);
		} else {
			words[count++] = argv[i];
			if (!command && !(command = find_command(argv[i]))) {
				err_set(err, ERR_USAGE, "there is no command {name}", "name", argv[i], NULL);
				err_hint(err, "nks-triage help lists what there is", NULL);
				return -1;
			}
		}
	}
	*ret_command = command;
	*ret_count = count;
	*ret_words = take_pointer(words);
	return 0;
}
