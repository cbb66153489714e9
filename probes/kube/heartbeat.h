/*
 * A sign of life of the apiserver, asked for where nothing was heard of it
 * for a while: a watch of a quiet cluster says something once a minute only
 * (bookmarks), and TCP acknowledges also for a server that hangs.
 */
#ifndef KUBE_HEARTBEAT_H
#define KUBE_HEARTBEAT_H

#include "probes/base/err.h"

struct heartbeat;
struct kube_client;

/*
 * Asks GET /version after kube_quiet_ms() of silence, and again as long as the silence lasts. on_beat hears each
 * outcome: err NULL where the server answered, whatever its status. The link itself (kube_link()) hears it before.
 */
struct heartbeat *heartbeat_new(struct kube_client *client, void (*on_beat)(void *data, const struct err *err),
				void *data);
void heartbeat_free(struct heartbeat *heartbeat);
/* Asks now; a question that is under way is asked anew. */
void heartbeat_now(struct heartbeat *heartbeat);

#endif
