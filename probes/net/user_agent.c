#include "probes/net/http_private.h"

/* Not curl's: the apiserver pretty-prints JSON for user agents that begin with "curl" (tech.md a). */
const char *http_user_agent(void)
{
	return "nks-triage/" NKS_TRIAGE_VERSION;
}
