#include "probes/sim/eviction.h"

#include "probes/sim/http.h"
#include "probes/sim/status.h"

void eviction_create(struct request *request)
{
	answer_status(request, status_not_simulated("evictions"));
}
