/*
 * The machine behind a Node: what is on its disk and what runs there, as far
 * as checks and repair steps look at it or change it. Made when somebody first
 * looks, from assets/machines.json by system and container runtime, and from
 * what the scenario says of the node (`machine` of a node group or of one of
 * its states, an RFC 7396 merge patch):
 *
 *	files		{path: {content, size, mode "0644", owner, group, type "directory", target of a link}};
 *			size: of a file that holds more than its content
 *	deletedFiles	[{path, size, pid, command}]: gone from their folder, but open, so that they fill the disk
 *	filesystems	{mount point: {source, type, options, size, used, inodes, inodesUsed}}; used: without `files`
 *	units		{name: {active, sub, enabled, result, description}}
 *	images		{namespace: {reference: {id, size}}}; namespace "docker" on Docker nodes
 *	packages	{name: version}
 *	commands	{name: false}: what such a system lacks
 *	processes	[{pid, ppid, state "Z", user, command, arguments}]
 *	registrations	{"100024": true}: programs that rpcbind knows
 *	bootArguments	of the running kernel; nextArguments: of the next boot
 *	cgroups		{version, memory: groups that the kernel counts, directories, leak}
 *	blockDevices	[{name, type, size, mountPoint, children}]
 *	journal		[{unit, age, text}]
 *	clock		{synchronised, offset seconds}
 *	hosts		{name: address} that resolve
 *	closed		[host pattern]: hosts that it cannot reach
 *	docker		true on Docker nodes
 *	sandboxImage	that the runtime asks for; withoutSandboxImage: true where it is not there
 *	registry	rules as the scenario's, asked before it (image.h)
 *	memory		{total, available}: KiB
 *	ssh		faults of its connections (node_fault.h)
 *
 * Members that are not there are empty. Not changed by anybody: shared between nodes. The lock is held for all of it.
 */
#ifndef SIM_NODE_MACHINE_H
#define SIM_NODE_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/sim/node_effects.h"

struct cluster;
struct object;

struct machine {
	char *name;		/* of the node */
	char uid[40];		/* of the Node object: another uid is another machine */
	json_t *state;
	json_t *owned;		/* members of state that are this machine's alone */
	json_t *faults;		/* node_fault.h; NULL = none */
	int64_t booted;		/* wall time */
	struct machine_view shown;	/* what the cluster knows of it */
	int64_t down_at;	/* monotonic ms; 0 = not under way, as for the others */
	int64_t up_at;
	int64_t pressure_ends_at;
};

struct machines;

struct machines *machines_new(void);
void machines_free(struct machines *machines);
/* Reads assets/machines.json. */
int machines_load(struct cluster *cluster, const char *path, struct err *err);
/* What the scenario says of a node; borrowed patches, the later one wins. */
void machines_describe(struct cluster *cluster, const char *node, json_t *patch);

/* NULL where there is no such Node. */
struct machine *machine_of(struct cluster *cluster, const char *node);
/* NULL where nobody has looked at it yet, or there is no such Node. */
struct machine *machine_known(const struct cluster *cluster, const char *node);
/* Those that were looked at; *position starts at 0, and no machine is made in between. */
struct machine *machine_next(const struct cluster *cluster, size_t *position);
/* Changes the machine by a merge patch, as if somebody had been there. */
void machine_patch(struct machine *machine, const json_t *patch);
/* A member to read, NULL where it is not there; and one to change, made where it is not there. Borrowed. */
json_t *machine_part(const struct machine *machine, const char *name);
json_t *machine_own(struct machine *machine, const char *name);
void machine_put(struct machine *machine, const char *name, json_t *value);

/* Who logs in there: the user of its system's image. Borrowed. */
const char *machine_login(const struct object *node);
const struct object *machine_node(const struct cluster *cluster, const struct machine *machine);
/* No kubelet posts anything of it. */
bool machine_is_down(const struct cluster *cluster, const char *node);
bool machine_refuses(struct cluster *cluster, const char *node);
bool machine_is_silent(struct cluster *cluster, const char *node);

#endif
