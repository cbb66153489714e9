/*
 * Who owns a field: metadata.managedFields, as server-side apply keeps it.
 * A field that an add-on manager or a GitOps controller owns would be put
 * back by it (guide section 0.4).
 */
#ifndef REMEDY_FIELD_OWNER_H
#define REMEDY_FIELD_OWNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct field_owner {
	const char *manager;	/* borrowed from the document */
	bool applies;		/* operation Apply; else Update */
};

/*
 * Managers that own the field at a pointer of the document. A list item of the
 * pointer ("/containers/0") is looked up by its merge key "name", and by its
 * index. Writes at most maximum, returns how many there are.
 */
size_t field_owners(const json_t *document, const char *pointer, struct field_owner *ret_owners, size_t maximum);

#endif
