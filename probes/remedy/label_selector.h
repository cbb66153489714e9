/* metav1.LabelSelector: matchLabels and matchExpressions together. */
#ifndef REMEDY_LABEL_SELECTOR_H
#define REMEDY_LABEL_SELECTOR_H

#include <jansson.h>
#include <stdbool.h>

/*
 * An absent selector matches nothing, an empty one everything (apimachinery, LabelSelectorAsSelector; policy/v1 means
 * it so for disruption budgets). An operator that is not known matches nothing.
 */
bool label_selector_matches(const json_t *selector, const json_t *labels);

#endif
