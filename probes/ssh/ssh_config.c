#include "probes/ssh/ssh_config.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"

enum {
	FILE_MAXIMUM = 1 << 20,
	LINES_MAXIMUM = 20000,
	DEPTH_MAXIMUM = 16,	/* as readconf.c */
};

/* An included file stands between two lines: what is inside applies where the Include itself does. */
static const char ENTER[] = "\001enter";
static const char LEAVE[] = "\001leave";

struct line {
	char *keyword;
	char *value;
};

struct ssh_config {
	struct line *lines;
	size_t count;
	size_t capacity;
	char *local_user;
};

static char *from_passwd(bool home)
{
	struct passwd entry, *found = NULL;
	char space[4096];
	if (getpwuid_r(getuid(), &entry, space, sizeof(space), &found) != 0 || !found)
		return xstrdup("");
	return xstrdup(home ? found->pw_dir : found->pw_name);
}

char *ssh_home(void)
{
	const char *home = getenv("HOME");
	return home && *home ? xstrdup(home) : from_passwd(true);
}

const char *ssh_config_local_user(const struct ssh_config *config)
{
	return config->local_user;
}

static void add_line(struct ssh_config *config, const char *keyword, const char *value)
{
	if (config->count >= LINES_MAXIMUM)
		return;
	if (config->count == config->capacity) {
		config->capacity = config->capacity ? config->capacity * 2 : 32;
		config->lines = xreallocarray(config->lines, config->capacity, sizeof(*config->lines));
	}
	config->lines[config->count++] = (struct line){xstrdup(keyword), xstrdup(value)};
}

static void read_text(struct ssh_config *config, const char *text, const char *folder, int depth);

static void read_one(struct ssh_config *config, const char *path, const char *folder, int depth)
{
	char *text;
	size_t length;
	/* A file of an Include that cannot be read is passed over, as by ssh itself. */
	if (file_read(path, FILE_MAXIMUM, &text, &length, NULL) != 0)
		return;
	add_line(config, ENTER, "");
	read_text(config, text, folder, depth + 1);
	add_line(config, LEAVE, "");
	free(text);
}

/* The words of an Include: patterns, relative to folder, ~ for the home folder. */
static void include(struct ssh_config *config, char *value, const char *folder, int depth)
{
	char *position = NULL;
	if (depth >= DEPTH_MAXIMUM)
		return;
	for (char *word = strtok_r(value, " \t\"", &position); word; word = strtok_r(NULL, " \t\"", &position)) {
		auto_free char *home = ssh_home();
		auto_free char *pattern = *word == '/'		     ? xstrdup(word) :
					  strncmp(word, "~/", 2) == 0 ? xasprintf("%s%s", home, word + 1) :
									xasprintf("%s/%s", folder, word);
		glob_t found;
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_one(config, found.gl_pathv[i], folder, depth);
		globfree(&found);
	}
}

/* Takes the quotes off a value that is one quoted word. */
static void unquote(char *value)
{
	size_t n = strlen(value);
	if (n < 2 || value[0] != '"' || strchr(value + 1, '"') != value + n - 1)
		return;
	memmove(value, value + 1, n - 2);
	value[n - 2] = '\0';
}

static void read_line(struct ssh_config *config, char *line, const char *folder, int depth)
{
	size_t n = strlen(line);
	while (n > 0 && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
	line += strspn(line, " \t\f");
	if (!*line || *line == '#')
		return;
	size_t word = strcspn(line, " \t=");
	char *value = line + word;
	value += strspn(value, " \t");
	if (*value == '=')
		value += 1 + strspn(value + 1, " \t");
	line[word] = '\0';
	for (char *c = line; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(line, "include") == 0) {
		include(config, value, folder, depth);
		return;
	}
	unquote(value);
	if (*value)
		add_line(config, line, value);
}

static void read_text(struct ssh_config *config, const char *text, const char *folder, int depth)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		auto_free char *line = xstrndup(text, n);
		read_line(config, line, folder, depth);
		text += n + (text[n] == '\n');
	}
}

/* A missing file is no error where the operator did not name it. */
static int load_file(struct ssh_config *config, const char *path, const char *folder, bool may_be_missing,
		     struct err *err)
{
	char *text;
	size_t length;
	if (may_be_missing && access(path, F_OK) != 0)
		return 0;
	if (file_read(path, FILE_MAXIMUM, &text, &length, err) != 0)
		return -1;
	add_line(config, ENTER, "");
	read_text(config, text, folder, 0);
	add_line(config, LEAVE, "");
	free(text);
	return 0;
}

int ssh_config_load(const char *file, struct ssh_config **ret_config, struct err *err)
{
	auto_free char *home = ssh_home();
	auto_free char *folder = xasprintf("%s/.ssh", home);
	auto_free char *own = xasprintf("%s/config", folder);
	struct ssh_config *config = xcalloc(1, sizeof(*config));
	int result;

	config->local_user = from_passwd(false);
	result = load_file(config, file ? file : own, folder, !file, err);
	if (result == 0 && !file)
		result = load_file(config, "/etc/ssh/ssh_config", "/etc/ssh", true, err);
	if (result != 0) {
		ssh_config_free(config);
		return -1;
	}
	*ret_config = config;
	return 0;
}

void ssh_config_free(struct ssh_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->count; i++) {
		free(config->lines[i].keyword);
		free(config->lines[i].value);
	}
	free(config->lines);
	free(config->local_user);
	free(config);
}

/* caseless: names of hosts in a Match, but not those of a Host line (readconf.c). */
static bool matches(const char *patterns, const char *name, bool caseless)
{
	bool matched = false;
	while (*patterns) {
		patterns += strspn(patterns, " \t,\"");
		size_t n = strcspn(patterns, " \t,\"");
		if (n == 0)
			break;
		bool negated = *patterns == '!';
		auto_free char *pattern = xstrndup(patterns + negated, n - negated);
		/* Its own "*" and "?" alone: brackets mean themselves (match.c). */
		struct buffer escaped = BUFFER_INIT(4096);
		for (const char *c = pattern; *c; c++) {
			if (strchr("[]\\", *c))
				buffer_add_byte(&escaped, '\\');
			buffer_add_byte(&escaped, *c);
		}
		bool hit = fnmatch(buffer_text(&escaped), name, caseless ? FNM_CASEFOLD : 0) == 0;
		buffer_release(&escaped);
		if (hit && negated)
			return false;
		matched |= hit;
		patterns += n;
	}
	return matched;
}

/* How far a look-up has come. */
struct lookup {
	const struct ssh_config *config;
	const char *original;
	char *host;		/* with HostName, once seen */
	char *user;
	bool host_set;
	void (*each)(void *data, const char *keyword, const char *value);
	void *data;
};

/* One criterion of a Match; *exec: it would run a command. What we cannot know does not match. */
static bool criterion(const struct lookup *lookup, const char *name, const char *argument, bool *exec)
{
	if (strcasecmp(name, "host") == 0)
		return matches(argument, lookup->host, true);
	if (strcasecmp(name, "originalhost") == 0)
		return matches(argument, lookup->original, true);
	if (strcasecmp(name, "user") == 0)
		return matches(argument, lookup->user ? lookup->user : lookup->config->local_user, false);
	if (strcasecmp(name, "localuser") == 0)
		return matches(argument, lookup->config->local_user, false);
	if (strcasecmp(name, "exec") == 0)
		*exec = true;
	return false;
}

/* A word, quoted or not; *text moves behind it. Caller frees. */
static char *next_word(const char **text)
{
	*text += strspn(*text, " \t=");
	bool quoted = **text == '"';
	const char *begin = *text + quoted;
	size_t n = strcspn(begin, quoted ? "\"" : " \t=");
	*text = begin + n + (quoted && begin[n] == '"');
	return xstrndup(begin, n);
}

static bool match_line(const struct lookup *lookup, const char *text)
{
	bool matched = true;
	bool exec = false;
	while (*text) {
		auto_free char *word = next_word(&text);
		bool negated = *word == '!';
		const char *name = word + negated;
		if (!*word)
			break;
		if (strcasecmp(name, "all") == 0) {
			matched &= !negated;
			continue;
		}
		if (strcasecmp(name, "canonical") == 0 || strcasecmp(name, "final") == 0) {
			matched &= negated;
			continue;
		}
		auto_free char *argument = next_word(&text);
		bool others = matched;
		bool hit = criterion(lookup, name, argument, &exec);
		matched &= hit != negated;
		if (exec) {
			if (others)
				lookup->each(lookup->data, "match", "exec");
			return false;
		}
	}
	return matched;
}

static void note(struct lookup *lookup, const char *keyword, const char *value)
{
	if (strcmp(keyword, "hostname") == 0 && !lookup->host_set) {
		struct buffer host = BUFFER_INIT(1024);
		for (const char *c = value; *c; c++) {
			if (*c == '%' && (c[1] == 'h' || c[1] == '%')) {
				c++;
				buffer_add_text(&host, *c == 'h' ? lookup->original : "%");
			} else {
				buffer_add_byte(&host, *c);
			}
		}
		free(lookup->host);
		lookup->host = buffer_detach(&host);
		lookup->host_set = true;
		value = lookup->host;
	} else if (strcmp(keyword, "user") == 0 && !lookup->user) {
		lookup->user = xstrdup(value);
	}
	lookup->each(lookup->data, keyword, value);
}

void ssh_config_each(const struct ssh_config *config, const char *host, const char *user,
		     void (*each)(void *data, const char *keyword, const char *value), void *data)
{
	struct lookup lookup = {
		.config = config,
		.original = host,
		.host = xstrdup(host),
		.user = user ? xstrdup(user) : NULL,
		.each = each,
		.data = data,
	};
	bool active[DEPTH_MAXIMUM + 2] = {true};
	bool allowed[DEPTH_MAXIMUM + 2] = {true};
	size_t depth = 0;
	for (size_t i = 0; i < config->count; i++) {
		const struct line *line = &config->lines[i];
		if (strcmp(line->keyword, ENTER) == 0) {
			depth++;
			active[depth] = allowed[depth] = active[depth - 1];
		} else if (strcmp(line->keyword, LEAVE) == 0) {
			depth--;
		} else if (strcmp(line->keyword, "host") == 0) {
			active[depth] = allowed[depth] && matches(line->value, host, false);
		} else if (strcmp(line->keyword, "match") == 0) {
			active[depth] = allowed[depth] && match_line(&lookup, line->value);
		} else if (active[depth]) {
			note(&lookup, line->keyword, line->value);
		}
	}
	free(lookup.host);
	free(lookup.user);
}
