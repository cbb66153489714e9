#include "probes/ssh/check_allowed.h"

#include <string.h>

#include "probes/base/memory.h"

/*
 * A command is listed by its bare name: another path could be anybody's file.
 * Members that are NULL ask nothing.
 */
struct listed {
	const char *name;
	const char *const *first;	/* one of them is the first word that is no option */
	const char *const *second;	/* and one of them the next */
	const char *const *only;	/* every word is one of them; "+…": begins so */
	/* no word is one of them: options by their beginning, shortened or bundled with others, and plain words */
	const char *const *never;
	bool (*is_fine)(const char *const *argv);
	bool shows_files;	/* prints what is in files that it is given */
};

#define WORDS(...) (const char *const[]){__VA_ARGS__, NULL}

/* curl may go to the nodes' registries, and keeps nothing: every option is one of these, and the body goes nowhere. */
static bool curl_is_fine(const char *const *argv)
{
	bool is_dropped = false;

	for (size_t i = 1; argv[i]; i++) {
		if (argv[i][0] != '-') {
			if (strncmp(argv[i], "https://", strlen("https://")) != 0 || strpbrk(argv[i], "@{}[]"))
				return false;
			continue;
		}
		if (!strcmp(argv[i], "-s") || !strcmp(argv[i], "-S") || !strcmp(argv[i], "-sS") ||
		    !strcmp(argv[i], "-I"))
			continue;
		if (!argv[i + 1])
			return false;
		is_dropped |= !strcmp(argv[i], "-o") && !strcmp(argv[i + 1], "/dev/null");
		if (strcmp(argv[i], "-m") != 0 && (strcmp(argv[i], "-o") != 0 || strcmp(argv[i + 1],
											"/dev/null") != 0) &&
		    (strcmp(argv[i], "-w") != 0 || strstr(argv[i + 1], "output{") || argv[i + 1][0] == '@'))
			return false;
		i++;
	}
	return is_dropped;
}

/* logrotate changes nothing with -d, and only the system's own files are read so. */
static bool logrotate_is_fine(const char *const *argv)
{
	if (argv[1] && !strcmp(argv[1], "--version"))
		return !argv[2];
	return argv[1] && !strcmp(argv[1], "-d") && argv[2] && !argv[3] &&
	       !strncmp(argv[2], "/etc/logrotate.", strlen("/etc/logrotate.")) && !strstr(argv[2], "..");
}

/* ps: BSD's options have no dash, and one of them shows environments. ldconfig without one writes its cache. */
static bool begins_with_option(const char *const *argv)
{
	return argv[1] && argv[1][0] == '-';
}

/* Asks whether a command would be let run, and runs nothing. */
static bool sudo_is_fine(const char *const *argv)
{
	return argv[1] && !strcmp(argv[1], "-n") && argv[2] && !strcmp(argv[2], "-l") && argv[3] &&
	       argv[3][0] != '-';
}

static const struct listed listed[] = {
	{.name = "cat", .shows_files = true},
	{.name = "chronyc", .first = WORDS("tracking", "sources", "sourcestats", "activity"),
	 .only = WORDS("-n", "-v", "tracking", "sources", "sourcestats", "activity")},
	{.name = "containerd", .first = WORDS("config", "--version"),
	 .only = WORDS("config", "dump", "default", "--version")},
	{.name = "crictl", .first = WORDS("images", "ps", "pods", "info", "version", "inspecti",
					  "imagefsinfo", "stats"),
	 .never = WORDS("-w", "--watch")},
	{.name = "ctr", .first = WORDS("images", "image", "i", "containers", "version"),
	 .second = WORDS("ls", "list", "check")},
	{.name = "curl", .is_fine = curl_is_fine},
	{.name = "date", .only = WORDS("-u", "+")},
	{.name = "df"},
	{.name = "dmesg", .only = WORDS("-T", "-k", "-x", "-r", "-t")},
	{.name = "docker", .first = WORDS("images", "ps", "version", "info", "--version"),
	 .never = WORDS("-H", "--host", "-c", "--config")},
	{.name = "du", .never = WORDS("--files0-from")},
	{.name = "find", .never = WORDS("-exec", "-ok", "-delete", "-fprint", "-fls", "-files0-from")},
	{.name = "findmnt", .never = WORDS("-p", "--poll", "-F", "--tab-file")},
	{.name = "free", .never = WORDS("-s", "--seconds")},
	{.name = "getent", .first = WORDS("hosts", "ahosts", "ahostsv4", "ahostsv6", "services", "networks")},
	{.name = "grep", .never = WORDS("-f", "--file", "-r", "-R", "--recursive", "--dereference-recursive"),
	 .shows_files = true},
	{.name = "head", .shows_files = true},
	{.name = "ip", .only = WORDS("-4", "-6", "-o", "-d", "-s", "addr", "route", "link", "neigh", "rule", "show")},
	{.name = "journalctl",
	 .never = WORDS("--vacuum", "--rotate", "--flush", "--sync", "--relinquish", "--smart", "-f",
			"--follow", "--setup",
			"--update", "--root", "--image", "--file", "-D", "--directory", "--cursor-file", "-i", "-M",
			"--machine")},
	{.name = "ldconfig", .only = WORDS("-p"), .is_fine = begins_with_option},
	{.name = "ls"},
	{.name = "lsblk"},
	{.name = "lsmod"},
	{.name = "lsof", .never = WORDS("-r", "+r", "-D")},
	{.name = "logrotate", .is_fine = logrotate_is_fine},
	{.name = "nvidia-smi", .only = WORDS("-L")},
	{.name = "ps", .is_fine = begins_with_option},
	{.name = "readlink"},
	{.name = "rpcinfo", .never = WORDS("-d")},
	{.name = "sha256sum"},
	{.name = "ss", .never = WORDS("-K", "--kill", "-D", "--diag", "-F", "--filter", "-E", "--events")},
	{.name = "stat"},
	{.name = "sudo", .is_fine = sudo_is_fine},
	{.name = "systemctl", .first = WORDS("show", "is-active", "is-enabled", "is-failed", "list-units",
					     "list-timers", "status"),
	 .never = WORDS("-H", "--host", "-M", "--machine", "--root", "--image")},
	{.name = "tail", .never = WORDS("-f", "-F", "--follow", "--retry"), .shows_files = true},
	{.name = "test"},
	{.name = "timedatectl", .only = WORDS("status", "show")},
	{.name = "uname"},
	{.name = "uptime"},
};

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(word, *words) || (!strcmp(*words, "+") && *word == '+'))
			return true;
	}
	return false;
}

/* getopt takes "--vac" for "--vacuum-size", and "-qf" for "-q -f". */
static bool is_option(const char *word, const char *option)
{
	size_t given = strcspn(word, "=");

	if (!strncmp(word, option, strlen(option)))
		return true;
	if (word[0] != '-' || option[0] != '-')
		return false;
	if (option[1] == '-')
		return word[1] == '-' && given > 2 && !strncmp(word, option, given);
	return word[1] != '-' && !option[2] && strchr(word + 1, option[1]);
}

static bool is_never(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (is_option(word, *words))
			return true;
	}
	return false;
}

/* What may not go over a screen, whoever may read it. */
static bool may_hold_secrets(const char *path)
{
	static const char *const parts[] = {
		"shadow", "/pki/", ".key", ".pem", "kubeconfig", "admin.conf", "kubelet.conf", "/.ssh", "/.kube",
		"cloud-config", "cloud.conf", "id_rsa", "id_ed25519", "ssh_host", "secret", "password", "token",
		"/proc/kcore", "/dev/", "environ", "/.docker", "sudoers",
	};

	for (size_t i = 0; i < array_length(parts); i++) {
		if (strstr(path, parts[i]))
			return true;
	}
	return false;
}

static const struct listed *find_listed(const char *name)
{
	for (size_t i = 0; i < array_length(listed); i++) {
		if (!strcmp(listed[i].name, name))
			return &listed[i];
	}
	return NULL;
}

static int refuse_form(const char *const *argv, const char *word, struct err *err)
{
	return err_set(err, ERR_REFUSED, "{command} is not run with {word}: that may do more than read",
		       "command", argv[0], "word",
		       word, NULL);
}

/* The place of the next word that is no option, from one on; ctr's options before its command take a value. */
static size_t next_plain(const char *const *argv, size_t from)
{
	bool takes_values = !strcmp(argv[0], "ctr");

	while (argv[from] && argv[from][0] == '-' && strcmp(argv[from], "--version") != 0)
		from += takes_values && argv[from + 1] && !strchr(argv[from], '=') ? 2 : 1;
	return from;
}

static int check_words(const struct listed *found, const char *const *argv, struct err *err)
{
	size_t first = next_plain(argv, 1);
	size_t second = argv[first] ? next_plain(argv, first + 1) : first;
	bool is_alone = argv[first] && !argv[second];

	if (found->first && (!argv[first] || !is_one_of(argv[first], found->first)))
		return refuse_form(argv, argv[first] ? argv[first] : "", err);
	if (found->second && !is_alone && !is_one_of(argv[second], found->second))
		return refuse_form(argv, argv[second], err);
	if (found->second && is_alone && strcmp(argv[first], "version") != 0)
		return refuse_form(argv, argv[first], err);
	return found->is_fine && !found->is_fine(argv) ? refuse_form(argv, "these words", err) : 0;
}

int check_allowed(const char *const *argv, struct err *err)
{
	const struct listed *found = argv[0] ? find_listed(argv[0]) : NULL;

	if (!found)
		return err_set(err, ERR_REFUSED, "{command} is none of the commands that only read", "command",
			       argv[0] ? argv[0] : "", NULL);
	for (size_t i = 1; argv[i]; i++) {
		if ((found->never && is_never(argv[i], found->never)) || (found->only && !is_one_of(argv[i],
												    found->only)))
			return refuse_form(argv, argv[i], err);
		if (found->shows_files && may_hold_secrets(argv[i]))
			return err_set(err, ERR_REFUSED, "{path} may hold secrets and is not read", "path",
				       argv[i], NULL);
	}
	return check_words(found, argv, err);
}
