#include <string.h>

#include "probes/base/err.h"
#include "probes/base/memory.h"
#include "probes/runbook/runbook.h"

static const char *const severity_names[] = {
	[SEVERITY_NONE] = N_("none"),
	[SEVERITY_INFO] = N_("info"),
	[SEVERITY_WARNING] = N_("warning"),
	[SEVERITY_CRITICAL] = N_("critical"),
};

static const char *const confidence_names[] = {
	[CONFIDENCE_SUSPECTED] = N_("suspected"),
	[CONFIDENCE_LIKELY] = N_("likely"),
	[CONFIDENCE_CERTAIN] = N_("certain"),
};

static const char *const remedy_names[] = {
	[REMEDY_NONE] = N_("none"), [REMEDY_ADVICE] = N_("advice"), [REMEDY_MANUAL] = N_("manual"),
	[REMEDY_API] = N_("api"),	[REMEDY_SSH] = N_("ssh"),
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

const char *confidence_name(enum confidence confidence)
{
	return confidence_names[confidence];
}

const char *remedy_name(enum remedy_kind remedy)
{
	return remedy_names[remedy];
}

bool severity_parse(const char *name, enum severity *ret_severity)
{
	for (size_t i = 0; i < array_length(severity_names); i++) {
		if (!strcmp(name, severity_names[i])) {
			*ret_severity = (enum severity)i;
			return true;
		}
	}
	return false;
}

bool confidence_parse(const char *name, enum confidence *ret_confidence)
{
	for (size_t i = 0; i < array_length(confidence_names); i++) {
		if (!strcmp(name, confidence_names[i])) {
			*ret_confidence = (enum confidence)i;
			return true;
		}
	}
	return false;
}

const char *runbook_text_in(const json_t *texts, const char *language)
{
	const char *text = json_string_value(json_object_get(texts, language));

	if (!text)
		text = json_string_value(json_object_get(texts, "en"));
	return text ? text : "";
}

static const char *text_in(const json_t *texts, const char *language, const char *name)
{
	const char *text = json_string_value(json_object_get(json_object_get(texts, language), name));

	return text ? text : json_string_value(json_object_get(json_object_get(texts, "en"), name));
}

const char *runbook_text(const struct runbook *runbook, const char *language, const char *name)
{
	return text_in(json_object_get(runbook->document, "texts"), language, name);
}

const char *runbook_latent_text(const struct runbook *runbook, const char *language, const char *name)
{
	const json_t *latent = json_object_get(runbook->document, "latent");
	const char *text = text_in(json_object_get(latent, "texts"), language, name);

	return text ? text : runbook_text(runbook, language, name);
}
