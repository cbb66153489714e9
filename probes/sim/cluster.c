#include "probes/sim/cluster.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/sim/controllers.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/stream.h"

static void on_change(void *context, struct object *object, const struct change *change)
{
	struct cluster *cluster = context;

	stream_wake(cluster, (int)object->kind->id);
	if (object->kind->id == KIND_NODE && change->type != CHANGE_MODIFIED) {
		cluster->nodes_changed++;
		cluster_wake(cluster);
	}
	controllers_on_change(cluster, object, change);
}

struct cluster *cluster_new(uint64_t seed)
{
	struct cluster *cluster = xcalloc(1, sizeof(*cluster));

	pthread_mutex_init(&cluster->lock, NULL);
	cluster->random.state = seed;
	cluster->facts = json_object();
	cluster->volumes = json_object();
	cluster->time_scale = 1.0;
	cluster->bookmark_ms = 60000;
	cluster->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	store_init(&cluster->store, 48230000 + random_below(&cluster->random, 10000));
	cluster->controllers = controllers_new();
	cluster->machines = machines_new();
	cluster->store.on_change = on_change;
	cluster->store.context = cluster;
	return cluster;
}

void cluster_free(struct cluster *cluster)
{
	if (!cluster)
		return;
	controllers_free(cluster->controllers);
	machines_free(cluster->machines);
	store_release(&cluster->store);
	json_decref(cluster->scenario);
	json_decref(cluster->facts);
	json_decref(cluster->volumes);
	close(cluster->wake_fd);
	pthread_mutex_destroy(&cluster->lock);
	free(cluster);
}

void cluster_lock(struct cluster *cluster)
{
	pthread_mutex_lock(&cluster->lock);
}

void cluster_unlock(struct cluster *cluster)
{
	pthread_mutex_unlock(&cluster->lock);
}

void cluster_wake(struct cluster *cluster)
{
	eventfd_write(cluster->wake_fd, 1);
}
