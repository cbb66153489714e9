/*
 * How lists of the core and apps kinds are merged: by an element's key, as a
 * set of plain values, or not at all. From the patchStrategy and patchMergeKey
 * tags of k8s.io/api (core/v1/types.go, apps/v1/types.go, meta/v1/types.go).
 */
#ifndef SIM_MERGE_KEYS_H
#define SIM_MERGE_KEYS_H

struct list_merge {
	const char *parent;	/* name of the member that the list's object is in; NULL = any */
	const char *list;
	const char *key;	/* NULL: a set of plain values */
};

/*
 * parent: the member name that holds the object (or, inside a keyed list, the
 * list's name) which the list is a member of. NULL: the list is replaced whole.
 */
const struct list_merge *merge_of_list(const char *parent, const char *list);

#endif
