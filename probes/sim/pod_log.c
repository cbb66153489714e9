#include "probes/sim/pod_log.h"

#include "probes/sim/http.h"
#include "probes/sim/status.h"

void pod_log_answer(struct request *request)
{
	answer_status(request, status_not_simulated("logs"));
}
