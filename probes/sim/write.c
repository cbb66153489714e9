#include "probes/sim/write.h"

#include "probes/sim/http.h"
#include "probes/sim/status.h"

void write_create(struct request *request)
{
	answer_status(request, status_not_simulated("creating objects"));
}

void write_change(struct request *request, const char *verb)
{
	(void)verb;
	answer_status(request, status_not_simulated("changing objects"));
}

void write_delete(struct request *request)
{
	answer_status(request, status_not_simulated("deleting objects"));
}

void write_delete_collection(struct request *request)
{
	answer_status(request, status_not_simulated("deleting objects"));
}
