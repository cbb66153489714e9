/*
 * When the certificates of a connection end: the client's own, the server's
 * and the authorities that the kubeconfig names (decisions.md 15).
 */
#ifndef KUBE_CERTIFICATES_H
#define KUBE_CERTIFICATES_H

#include <jansson.h>
#include <stdint.h>

struct kubeconfig_view;

/*
 * {"certificates":[{"what":"client certificate"|"server certificate"|"certificate
 * authority","subject":…,"expiresAt":RFC 3339,"secondsLeft":n}],
 * "soonest":{the same of the one that ends first, "text":…}}; soonest is absent
 * where there is none. server_pem: what the server showed; NULL: not known.
 *
 * Certificates with lives under 30 days are left out: something renews them.
 * So are those of credential plugins, and what nobody verifies. Of several
 * authorities the last to end counts: one that is good is enough.
 */
json_t *certificates_describe(const struct kubeconfig_view *view, const char *server_pem, int64_t now);

#endif
