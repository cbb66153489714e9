#include "tui/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"

static char *program_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return xstrdup(path);
}

/* The folder beside the program where it is there, else the installed one. */
static char *beside_or(const char *folder, const char *name, const char *installed)
{
	auto_free char *beside = folder ? xasprintf("%s/%s", folder, name) : NULL;

	if (beside && access(beside, R_OK) == 0)
		return take_pointer(beside);
	return xstrdup(installed);
}

char *paths_simulator(void)
{
	auto_free char *folder = program_folder();
	auto_free char *path = beside_or(folder, "nks-triage-sim", NKS_TRIAGE_LIBEXECDIR "/nks-triage-sim");

	return access(path, X_OK) == 0 ? take_pointer(path) : NULL;
}

static char *xdg_folder(const char *variable, const char *below_home)
{
	const char *value = getenv(variable);
	const char *home = getenv("HOME");

	/* The XDG specification: a relative path is to be ignored. */
	if (value && *value == '/')
		return xasprintf("%s/nks-triage", value);
	if (home && *home)
		return xasprintf("%s/%s/nks-triage", home, below_home);
	return NULL;
}

int paths_init(struct paths *paths, const struct options *options, struct err *err)
{
	*paths = (struct paths){.program_folder = program_folder()};
	paths->assets = beside_or(paths->program_folder, "assets", NKS_TRIAGE_DATADIR);
	paths->locale = beside_or(paths->program_folder, ".build/locale", NKS_TRIAGE_DATADIR "/locale");
	paths->simulator = paths_simulator();
	paths->config_dir = xdg_folder("XDG_CONFIG_HOME", ".config");
	paths->state_dir = options->state_dir ? xstrdup(options->state_dir) :
						xdg_folder("XDG_STATE_HOME", ".local/state");
	if (!paths->config_dir || !paths->state_dir) {
		err_set(err, ERR_CONFIG, "neither HOME nor the XDG folders are set", NULL);
		err_hint(err, "set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME, to absolute paths", NULL);
		paths_release(paths);
		return -1;
	}
	paths->config_file = options->config_file ? xstrdup(options->config_file) :
						    xasprintf("%s/config.json", paths->config_dir);
	return 0;
}

void paths_release(struct paths *paths)
{
	free(paths->program_folder);
	free(paths->assets);
	free(paths->simulator);
	free(paths->locale);
	free(paths->config_dir);
	free(paths->config_file);
	free(paths->state_dir);
	*paths = (struct paths){0};
}

int paths_make_state(const struct paths *paths, struct err *err)
{
	struct stat status;

	if (file_make_folder(paths->state_dir, err) < 0) {
		err_hint(err, "choose another folder with --state-dir", NULL);
		return -1;
	}
	if (stat(paths->state_dir, &status) < 0)
		return err_set(err, ERR_IO, "cannot look at {path}: {reason}", "path", paths->state_dir,
			       "reason",
			       strerror(errno), NULL);
	if (!S_ISDIR(status.st_mode))
		return err_set(err, ERR_IO, "{path} is no folder", "path", paths->state_dir, NULL);
	if (status.st_mode & (S_IWGRP | S_IWOTH)) {
		err_set(err, ERR_CONFIG, "others can write to the state folder {path}", "path",
			paths->state_dir,
			NULL);
		err_hint(err, "chmod go-w {path}, or choose another with --state-dir", "path",
			 paths->state_dir,
			 NULL);
		return -1;
	}
	return 0;
}
