/*
 * pods/NAME/log: canned logs, as the scenario has them.
 *
 *	"logs": [{"namespace": "kube-system", "pod": "calico-node-*", "container": "calico-node",
 *		  "lines": ["{time} [INFO][1] ..."], "repeat": ["..."], "everySeconds": 10}]
 *
 * `lines` come when the container starts, `repeat` again and again after that.
 * A rule with `unlessReady` holds only while the container is not ready. {time} is
 * the line's time as felix writes it, {node} and {pod} are names.
 */
#ifndef SIM_POD_LOG_H
#define SIM_POD_LOG_H

struct request;

void pod_log_answer(struct request *request);

#endif
