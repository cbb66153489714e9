"""Random changes of the kinds that we watch, and what a list says of them."""
import random

from kube_api import ApiError
from wait import wait_for

TEMPLATE = {"metadata": {"labels": {"app": "x"}},
            "spec": {"containers": [{"name": "c", "image": "registry.example/a:1"}]}}
SELECTED = {"selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE}
# Kind, path of its list, path of the namespace's, what a new object holds.
KINDS = {
    "Pod": ("/api/v1/pods", "/api/v1/namespaces/faults/pods", {"spec": TEMPLATE["spec"]}),
    "Node": ("/api/v1/nodes", "/api/v1/nodes", {}),
    "Event": ("/api/v1/events", "/api/v1/namespaces/faults/events", {
        "type": "Warning", "reason": "BackOff", "message": "Back-off", "involvedObject": {
            "kind": "Pod", "namespace": "faults", "name": "p"}}),
    "Deployment": ("/apis/apps/v1/deployments", "/apis/apps/v1/namespaces/faults/deployments", {
        "spec": {"replicas": 0, **SELECTED}}),
    "DaemonSet": ("/apis/apps/v1/daemonsets", "/apis/apps/v1/namespaces/faults/daemonsets", {"spec": SELECTED}),
    "ReplicaSet": ("/apis/apps/v1/replicasets", "/apis/apps/v1/namespaces/faults/replicasets", {
        "spec": {"replicas": 0, **SELECTED}}),
    "StatefulSet": ("/apis/apps/v1/statefulsets", "/apis/apps/v1/namespaces/faults/statefulsets", {
        "spec": {"replicas": 0, "serviceName": "s", **SELECTED}}),
}
WEIGHTS = {"Pod": 10, "Event": 4, "Deployment": 3}


def truth(api):
    """uid to resourceVersion of everything, and of the warning events."""
    versions, events = {}, {}
    for kind, (path, _, _) in KINDS.items():
        for item in api.get(path)["items"]:
            if kind != "Event":
                versions[item["metadata"]["uid"]] = item["metadata"]["resourceVersion"]
            elif item["type"] == "Warning":
                events[item["metadata"]["uid"]] = item["metadata"]["resourceVersion"]
    return versions, events


class Changes:
    """A stream of changes; the same seed makes the same stream."""

    def __init__(self, api, seed, ready):
        self.api, self.draw, self.ready = api, random.Random(seed), ready
        self.prefix, self.made, self.alive, self.count = f"s{seed}", 0, [], 0

    def request(self, method, path, *arguments):
        """Once more after a server that was away; what then is there already, or gone, is what was wanted."""
        while True:
            try:
                return getattr(self.api, method)(path, *arguments)
            except OSError:
                wait_for(self.ready)
            except ApiError as error:
                if error.code in (404, 409):
                    return None
                if error.code < 429:
                    raise
                wait_for(self.ready)

    def create(self):
        kind = self.draw.choices(list(KINDS), [WEIGHTS.get(kind, 1) for kind in KINDS])[0]
        self.made += 1
        name = f"{self.prefix}-{self.made}"
        _, path, body = KINDS[kind]
        self.request("post", path, dict(body, metadata={"name": name, "namespace": "faults"} if kind != "Node" else {
            "name": name}))
        self.alive.append(f"{path}/{name}")

    def change(self):
        self.request("patch", self.draw.choice(self.alive), {"metadata": {"labels": {"turn": str(self.count)}}})

    def delete(self):
        path = self.alive.pop(self.draw.randrange(len(self.alive)))
        self.request("delete", path, 0)

    def one(self):
        self.count += 1
        what = self.draw.random()
        if not self.alive or what < (0.5 if len(self.alive) < 300 else 0.2):
            self.create()
        elif what < 0.8:
            self.change()
        else:
            self.delete()
