#include <fnmatch.h>

#include "probes/kube/kubeconfig.h"
#include "probes/remedy/node_door.h"
#include "tui/configuration.h"
#include "tui/demo.h"
#include "tui/remedy_context.h"

/* The context matches a pattern of protectedContexts (decisions.md 37). */
static bool is_protected(const struct session *session)
{
	const char *context = kube_client_view(session->client)->context;
	char **pattern = session->invocation->configuration->protected_contexts;

	for (; context && pattern && *pattern; pattern++) {
		if (fnmatch(*pattern, context, FNM_CASEFOLD) == 0)
			return true;
	}
	return false;
}

void remedy_context_make(const struct session *session, struct journal *journal, struct change_context *ret_context)
{
	const struct invocation *invocation = session->invocation;
	const struct configuration *configuration = invocation->configuration;

	*ret_context = (struct change_context){
		.loop = session->loop,
		.client = session->client,
		.cluster = session->cluster,
		.evidence = session->evidence,
		.symptoms = session->symptoms,
		.runbooks = session->runbooks,
		.journal = journal,
		.nodes = node_door_runner(session->node_door),
		.deny_objects = (const char *const *)configuration->deny_objects,
		.registries = (const char *const *)configuration->registries,
		.read_only = invocation->options->read_only,
		.read_only_reason = configuration->read_only ? configuration->file
							     : translate("--read-only or NKS_TRIAGE_READ_ONLY"),
		.is_protected = is_protected(session),
		.maintenance = configuration->maintenance,
		.kubeconfig = session->demo ? demo_kubeconfig(session->demo) : invocation->options->kubeconfig,
		.audit_events = configuration->audit_events,
		.state_dir = invocation->state_dir,
		.translate = translate,
		.language = invocation->options->language,
	};
}
