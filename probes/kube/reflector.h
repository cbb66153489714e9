/*
 * A reflector keeps one kind up to date: paged list, then watch with
 * bookmarks, relist on 410, back-off with jitter, as client-go's (tech.md a,
 * Watches). It knows no model: a sink takes what comes. Asks for protobuf
 * where the client may and all wanted paths have numbers, and takes JSON too.
 */
#ifndef KUBE_REFLECTOR_H
#define KUBE_REFLECTOR_H

#include <stdbool.h>

#include "probes/base/err.h"
#include "probes/kube/fields.h"

struct kube_client;
struct reflector;

enum reflector_state {
	REFLECTOR_LISTING,	/* first list, or a relist */
	REFLECTOR_WATCHING,
	REFLECTOR_POLLING,	/* listed whole, but the user may not watch: listed again each minute; see err */
	REFLECTOR_WAITING,	/* backing off after a failure; see err */
	REFLECTOR_FORBIDDEN,	/* 403: asked again every five minutes */
	REFLECTOR_ABSENT,	/* 404: the cluster has no such kind */
};

struct reflector_sink {
	/* A list begins: what is not seen until on_list_end is gone. */
	void (*on_list_start)(void *data, const struct kind *kind);
	/* The record is the sink's. */
	void (*on_record)(void *data, struct record *record);
	void (*on_delete)(void *data, const struct record *record);
	/* A page arrived (complete false) or the list is whole. remaining: items still to come, -1 unknown. */
	void (*on_list_page)(void *data, const struct kind *kind, bool complete, long remaining);
	/* State changed, or a bookmark or event proved that the data is current. err is NULL where all is well. */
	void (*on_state)(void *data, const struct kind *kind, enum reflector_state state,
			 const struct err *err);
	void *data;
};

struct reflector_options {
	const char *name_space;	/* NULL: all namespaces */
	const char *field_selector;	/* NULL: none */
	int page_size;		/* of the first page, 0 = 500; later ones are four times as large */
};

struct reflector *reflector_new(struct kube_client *client, const struct field_table *table,
				const struct reflector_options *options, const struct reflector_sink *sink);
void reflector_free(struct reflector *reflector);
/*
 * The connection may be dead, or the back-off longer than it need be: goes on now from what is known. A watch starts
 * again at its last version, a list from its beginning. What is forbidden or absent is left alone.
 */
void reflector_resume(struct reflector *reflector);
/* Drops the connection and the back-off and starts over now (Ctrl-r). The data on screen stays. */
void reflector_reconnect(struct reflector *reflector);

#endif
