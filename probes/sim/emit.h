/*
 * How objects are written into answers: as objects, as rows of a Table, as
 * PartialObjectMetadata; singly, in lists, in watch events.
 */
#ifndef SIM_EMIT_H
#define SIM_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/buffer.h"
#include "probes/sim/kinds.h"
#include "probes/sim/store.h"

struct request;

enum emit_form { EMIT_OBJECT, EMIT_TABLE, EMIT_PARTIAL };
enum emit_include { INCLUDE_METADATA, INCLUDE_NONE, INCLUDE_OBJECT };

struct emitter {
	const struct kind *kind;	/* as asked for: a view writes its own form */
	enum emit_form form;
	enum emit_include include;	/* of a Table */
	int64_t now;			/* wall time, for ages */
	bool columns_sent;		/* a watch names its columns once */
};

/* From the Accept header and includeObject. */
void emitter_init(struct emitter *emitter, const struct request *request, const struct kind *kind);

/* One object as the whole answer. */
void emit_object(const struct emitter *emitter, struct revision *revision, struct buffer *out);
/* begin, items, end. continue_token may be ""; remaining < 0 is left out. */
void emit_list_begin(const struct emitter *emitter, uint64_t version, const char *continue_token,
		     int64_t remaining, struct buffer *out);
void emit_list_item(const struct emitter *emitter, struct revision *revision, bool first, struct buffer *out);
void emit_list_end(struct buffer *out);
/* A whole event line. type: "ADDED", ... */
void emit_event(struct emitter *emitter, const char *type, struct revision *revision, struct buffer *out);
void emit_bookmark(const struct emitter *emitter, uint64_t version, struct buffer *out);

#endif
