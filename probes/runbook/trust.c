#include "probes/runbook/trust.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/runbook/set.h"

enum { TRUST_SIZE_MAX = 1 << 20 };

int trust_check_file(const char *path, bool is_shipped, struct err *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return err_set(err, ERR_IO, "cannot read {path}: {reason}", "path", path, "reason",
			       strerror(errno), NULL);
	if (status.st_mode & S_IWOTH || (!is_shipped && status.st_mode & S_IWGRP)) {
		err_set(err, ERR_CONFIG, "{path} is not taken: others can write it", "path", path, NULL);
		err_hint(err, "run: chmod go-w {path}", "path", path, NULL);
		return -1;
	}
	if (status.st_uid != 0 && status.st_uid != geteuid() && !is_shipped)
		return err_set(err, ERR_CONFIG, "{path} is not taken: it belongs to another user", "path",
			       path, NULL);
	return 0;
}

static char *trust_path(const char *state_folder)
{
	return xasprintf("%s/trusted.json", state_folder);
}

int trust_load(const char *state_folder, json_t **ret_approvals, struct err *err)
{
	auto_free char *path = NULL;

	*ret_approvals = NULL;
	if (!state_folder)
		return 0;
	path = trust_path(state_folder);
	if (access(path, F_OK) < 0)
		return 0;
	if (trust_check_file(path, false, err) < 0)
		return -1;
	return file_read_json(path, TRUST_SIZE_MAX, ret_approvals, err);
}

bool trust_has(const json_t *approvals, const char *digest)
{
	return json_object_get(json_object_get(approvals, "runbooks"), digest) != NULL;
}

int trust_add(const char *state_folder, struct runbook *runbook, int64_t now, struct err *err)
{
	auto_free char *path = trust_path(state_folder);
	auto_free char *text = NULL;
	char time[21];
	json_t *approvals = NULL;
	json_t *runbooks;
	int result;

	if (trust_load(state_folder, &approvals, err) < 0)
		return -1;
	if (!json_is_object(approvals)) {
		json_decref(approvals);
		approvals = json_pack("{s:i,s:{}}", "format", 1, "runbooks");
	}
	runbooks = json_object_get(approvals, "runbooks");
	if (!json_is_object(runbooks)) {
		runbooks = json_object();
		json_object_set_new(approvals, "runbooks", runbooks);
	}
	clock_format(now, time);
	json_object_set_new(runbooks, runbook->digest,
			    json_pack("{s:s,s:s,s:s}", "id", runbook->id, "file", runbook->file, "approvedAt",
				      time));
	text = json_dumps(approvals, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(approvals);
	result = file_write(path, text, strlen(text), 0600, err);
	if (!result)
		runbook->is_trusted = true;
	return result;
}

int runbook_set_trust(struct runbook_set *set, const char *id, const char *digest, const char *state_folder,
		      int64_t now, struct err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		struct runbook *runbook = set->runbooks[i];

		if (!strcmp(runbook->id, id) && !strcmp(runbook->digest, digest))
			return trust_add(state_folder, runbook, now, err);
	}
	return err_set(err, ERR_CONFLICT, "the runbook {id} is not the one that was shown", "id", id, NULL);
}
