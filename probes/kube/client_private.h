/*
 * What client*.c, door.c, link.c and access.c share.
 */
#ifndef KUBE_CLIENT_PRIVATE_H
#define KUBE_CLIENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/kube/client.h"
#include "probes/kube/credential.h"

struct access_cache;
struct timer;

struct kube_client {
	struct loop *loop;
	struct kubeconfig_view *view;
	struct credential *credential;
	long request_timeout_ms;
	long quiet_ms;
	bool no_protobuf;
	struct kube_slot *slots;
	struct link_state link;
	struct access_cache *access;
	char *version;			/* "" until known */
	char *server_certificate;	/* PEM; NULL until known */
	bool version_wanted;		/* unknown, or the link was lost since it was read */
	struct kube_slot *version_slot;
	int entered;			/* callbacks of owners that run now */
	bool ending;			/* freed from inside one of them: goes when it returns */
};

/* A request that passed a door. Everything in it is a copy. */
struct kube_slot {
	struct kube_client *client;
	struct kube_slot *next;
	struct kube_slot *previous;
	char *method;
	char *path;			/* with its query as it is sent */
	char *content_type;
	char *body;			/* NULL: none */
	enum kube_accept accept;
	enum http_kind kind;
	bool gzip;
	bool sends_once;		/* a write: libcurl must not repeat it */
	long timeout_ms;
	size_t body_maximum;
	void (*on_head)(void *data, long status, const char *content_type);
	int (*on_body)(void *data, const char *bytes, size_t n);
	void (*on_done)(void *data, const struct kube_result *result);
	void *data;

	struct http_slot *http;		/* at most one of these three is set */
	struct timer *timer;
	struct credential_waiter waiter;
	struct err failed;		/* what the timer delivers when no request could be made */
	int64_t start_ms;
	int64_t waited_ms;		/* for Retry-After, all attempts */
	int attempts;
	bool fresh_credential;		/* the second attempt after a 401 */
	bool was_open;			/* a stream whose head came */
	bool foreign_type;		/* the answer is neither JSON nor protobuf */
	bool finishing;
};

/*
 * Sends what a door let through: path and body as they are. Never calls back before it returns. sends_once: what
 * became of it is not found out by sending it again.
 */
struct kube_slot *client_start(struct kube_client *client, const struct kube_request *request, bool sends_once);

/* Around callbacks of owners, which may free the client. */
void client_enter(struct kube_client *client);
void client_leave(struct kube_client *client);

/* link.c */
void link_feed(struct link_state *link, const char *path, const struct kube_result *result);
/* The server asks to come back later, which is done. */
void link_note_busy(struct link_state *link, const struct err *err);

/* access.c */
struct access_cache *access_cache_new(struct kube_client *client);
void access_cache_free(struct access_cache *cache);

#endif
