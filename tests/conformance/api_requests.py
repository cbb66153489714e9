"""Requests that a real apiserver and the simulated one must answer alike, in groups that are sent in order.

"$uid.NAME", "$version.NAME" and "$continue.NAME" in a path or body stand for what an earlier answer, saved as NAME, had.
All of it happens in one namespace, with nobody else about: no pod is started, since none can be scheduled.
"""
import copy
import os

NS = "agree"
MERGE, STRATEGIC, JSON, APPLY = (f"application/{name}" for name in (
    "merge-patch+json", "strategic-merge-patch+json", "json-patch+json", "apply-patch+yaml"))
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
MAPS, SECRETS, PODS = (f"/api/v1/namespaces/{NS}/{name}" for name in ("configmaps", "secrets", "pods"))
APPS = f"/apis/apps/v1/namespaces/{NS}/"
DEPLOYMENTS, SETS = APPS + "deployments", APPS + "daemonsets"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NS}/leases"
BUDGETS = f"/apis/policy/v1/namespaces/{NS}/poddisruptionbudgets"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
# What Go's decoders say differs from one release to the next.
WORDLESS = ["kind", "status", "code", "reason"]
MINOR = int(os.environ.get("NKS_TRIAGE_KUBERNETES", "1.34.4").split(".")[1])
GROUPS = {}


class Request:
    def __init__(self, method, path, body=None, type=None, accept=None, user=None, save=None, watch=False,
                 not_simulated=False, only=None):
        """user: whom to impersonate. save: a name for the answer. only: paths of members that are compared, none
        else. not_simulated: the simulated server says 501."""
        self.method, self.path, self.body, self.accept, self.user = method, path, body, accept, user
        self.type = type or ("application/json" if body is not None else None)
        self.save, self.watch, self.not_simulated, self.only = save, watch, not_simulated, only

    def __repr__(self):
        body = "" if self.body is None else f" {str(self.body)[:140]}"
        return f"{self.method} {self.path} {self.type or ''}{' as ' + self.user if self.user else ''}{body}"


def group(name):
    def register(function):
        GROUPS[name] = list(function())
        return function
    return register


def config_map(name, data=None, **meta):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **meta}, "data": data or {}}


def pod(name, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": {
        "nodeSelector": {"no": "such"}, "containers": [{"name": "c", "image": "nginx:1"}], **spec}}


def workload(kind, name, **spec):
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "annotations": {"a": "1", "b": "2"}}, "spec": {
        "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": {
            "nodeSelector": {"no": "such"}, "containers": [
                {"name": "one", "image": "i:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "two", "image": "i:2", "ports": [{"containerPort": 80}]}]}}, **spec}}


def deployment(name, **spec):
    return workload("Deployment", name, **{"replicas": 0, **spec})


@group("discovery, versions and paths that lead nowhere")
def _():
    yield Request("GET", "/version", only=["major"])
    yield Request("GET", "/api", only=["kind", "versions"])
    yield Request("GET", "/apis/apps", only=["kind", "apiVersion", "name", "versions", "preferredVersion"])
    for path in ("/healthz", "/readyz", "/livez"):
        yield Request("GET", path)
    for path in ("/nothing", "/api/v2", "/api/v1/nothing", "/apis/nothing/v1", "/apis/apps/v9", f"{APPS}nothing",
                 f"{PODS}/p/nothing", f"{MAPS}/a/b/c/d", "/api/v1/namespaces/nowhere/pods/p", f"{MAPS}/nothing", f"{DEPLOYMENTS}/nothing",
                 "/api/v1/nodes/nothing", "/api/v1/namespaces/nowhere", f"{SECRETS}/nothing", f"{LEASES}/nothing"):
        yield Request("GET", path)
    yield Request("GET", "/api/v1/namespaces/nowhere/pods")
    for method in ("PUT", "PATCH"):
        yield Request(method, MAPS, {}, MERGE if method == "PATCH" else None)
    yield Request("POST", f"{MAPS}/a", config_map("a"))
    yield Request("DELETE", f"{MAPS}/nothing")
    yield Request("DELETE", "/api/v1/nodes/nothing")


@group("creating: what is completed, refused and warned about")
def _():
    yield Request("POST", MAPS, config_map("a", {"k": "v", "ä": "\"\\"}), save="x")
    yield Request("POST", MAPS, config_map("a", {"k": "v"}, labels={"app": "x", "tier": "1"}, annotations={"n": "ä\n"}),
                  save="a")
    yield Request("POST", MAPS, config_map("a"))
    yield Request("POST", f"{MAPS}?dryRun=All", config_map("dry"))
    yield Request("GET", f"{MAPS}/dry")
    yield Request("POST", f"{MAPS}?dryRun=Some", config_map("dry"))
    for name in ("Upper", "under_score", "-dash", "dot.", "x" * 254, ""):
        yield Request("POST", MAPS, config_map(name), only=WORDLESS if len(name) > 253 else None)
    yield Request("POST", MAPS, config_map("labels", labels={"a/b/c": "x"}))
    yield Request("POST", MAPS, config_map("labels", labels={"a": "no space"}))
    yield Request("POST", MAPS, dict(config_map("kind"), kind="Secret"), only=WORDLESS)
    yield Request("POST", MAPS, dict(config_map("version"), apiVersion="v2"), only=WORDLESS)
    yield Request("POST", MAPS, config_map("elsewhere", namespace="default"))
    yield Request("POST", "/api/v1/namespaces/nowhere/configmaps", config_map("nowhere"))
    yield Request("POST", MAPS, "{", "application/json", only=WORDLESS)
    yield Request("POST", MAPS, "[]", "application/json", only=WORDLESS)
    yield Request("POST", MAPS, "a: b", "text/plain")
    for validation in ("Strict", "Warn", "Ignore"):
        wrong = deployment(f"strict-{validation.lower()}", replcas=2)
        yield Request("POST", f"{DEPLOYMENTS}?fieldValidation={validation}", wrong)
    yield Request("POST", f"{DEPLOYMENTS}?fieldValidation=Sometimes", deployment("strict"))
    wrong = deployment("typed", replicas="two")
    yield Request("POST", DEPLOYMENTS, wrong, only=WORDLESS)
    for number, broken in enumerate(({"replicas": -1}, {"selector": {"matchLabels": {"app": "other"}}}, {"selector": None},
                                     {"template": {"metadata": {"labels": {"app": "broken-3"}}, "spec": {"containers": []}}})):
        yield Request("POST", DEPLOYMENTS, deployment(f"broken-{number}", **broken))
    yield Request("POST", DEPLOYMENTS, deployment("web"), save="web")
    yield Request("POST", SETS, workload("DaemonSet", "agent"), save="agent")
    yield Request("POST", SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"},
                                    "data": {"c": "ZA=="}})
    yield Request("POST", SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "type":
                                    "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}})
    yield Request("POST", SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "wrong"}, "type":
                                    "kubernetes.io/dockerconfigjson", "data": {"other": "e30="}})
    yield Request("POST", LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
                                   "spec": {"holderIdentity": "me", "leaseDurationSeconds": 30,
                                            "renewTime": "2026-01-02T03:04:05.000000Z"}}, save="lease")
    yield Request("POST", PODS, pod("p"), save="p")
    yield Request("POST", PODS, pod("q", initContainers=[{"name": "i", "image": "b"}]), save="q")
    yield Request("POST", PODS, pod("broken", containers=[{"name": "c"}]))
    yield Request("POST", PODS, pod("broken", containers=[{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]))
    yield Request("POST", PODS, pod("broken", containers=[]))


@group("reading: objects, lists, selectors, pages, tables, metadata")
def _():
    for number in range(5):
        yield Request("POST", MAPS, config_map(f"page-{number}", labels={"page": str(number), "in": "pages"}))
    for path in (f"{MAPS}/a", f"{DEPLOYMENTS}/web", f"{SETS}/agent", f"{SECRETS}/s", f"{LEASES}/l", f"{PODS}/p",
                 f"/api/v1/namespaces/{NS}", MAPS, SECRETS, DEPLOYMENTS, LEASES, PODS, BUDGETS):
        yield Request("GET", path)
    for selector in ("in=pages", "page=1", "page==1", "page!=1,in=pages", "page in (1,2)", "page notin (1,2),in", "in,!other",
                     "!in", "page in ()", "a b", "=x", "page=1,page=2", ""):
        yield Request("GET", f"{MAPS}?labelSelector={selector.replace(' ', '%20').replace('!', '%21')}")
    for selector in ("metadata.name=a", "metadata.name!=a", f"metadata.namespace={NS}", "data.k=v", "metadata.name", "spec=1"):
        yield Request("GET", f"{MAPS}?fieldSelector={selector}")
    for selector in ("status.phase=Pending", "status.phase!=Pending", "spec.nodeName=", "spec.restartPolicy=Always",
                     "spec.image=x"):
        yield Request("GET", f"{PODS}?fieldSelector={selector}")
    yield Request("GET", f"{MAPS}?limit=2&labelSelector=in%3Dpages", save="page")
    yield Request("GET", f"{MAPS}?limit=2&labelSelector=in%3Dpages&continue=$continue.page", save="second")
    yield Request("GET", f"{MAPS}?limit=2&labelSelector=in%3Dpages&continue=$continue.second", save="third")
    yield Request("GET", f"{MAPS}?limit=3", save="page")
    yield Request("GET", f"{MAPS}?limit=300&continue=$continue.page")
    yield Request("GET", f"{MAPS}?limit=1&continue=nonsense", only=WORDLESS)
    yield Request("GET", f"{MAPS}?limit=x")
    yield Request("GET", f"{MAPS}?limit=1&resourceVersion=0")
    if MINOR >= 34:     # before, a mistake inside: 500
        yield Request("GET", f"{MAPS}?resourceVersion=nonsense")
    yield Request("GET", f"{MAPS}?resourceVersionMatch=Exact")
    for path in (f"{DEPLOYMENTS}/web", DEPLOYMENTS, SETS, f"{PODS}?labelSelector=app%3Dp", MAPS, SECRETS, LEASES,
                 f"{DEPLOYMENTS}/nothing", f"/api/v1/namespaces/{NS}", f"{MAPS}?limit=2", f"{MAPS}?includeObject=None",
                 f"{MAPS}/a?includeObject=Object"):
        yield Request("GET", path, accept=TABLE)
    yield Request("GET", f"{MAPS}/a", accept=PARTIAL)
    yield Request("GET", MAPS, accept=PARTIAL_LIST)
    yield Request("GET", MAPS, accept="application/nonsense", only=WORDLESS)


@group("updates and patches of each type")
def _():
    create = deployment("patched")
    yield Request("POST", DEPLOYMENTS, create, save="patched")
    for kind, body in (
            (STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"name": "two", "image": "i:3"}]}}}}),
            (STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"name": "one", "env": [
                {"name": "B", "value": "3"}, {"$patch": "delete", "name": "A"}]}]}}}}),
            (STRATEGIC, {"metadata": {"annotations": {"a": None, "c": "3"}}}),
            (STRATEGIC, {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "two"}, {"name": "one"}],
                                                        "containers": [{"name": "one", "image": "i:8"}]}}}}),
            (STRATEGIC, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
            (STRATEGIC, {"spec": {"strategy": {"$patch": "replace", "type": "RollingUpdate"}}}),
            (STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"$patch": "replace"}, {"name": "only", "image": "i:9"}]}}}}),
            (STRATEGIC, {"metadata": {"finalizers": ["example.com/keep"]}}),
            (STRATEGIC, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/keep"]}}),
            (MERGE, {"metadata": {"annotations": {"a": None, "d": "ä\" \\ \u2028"}}, "spec": {"replicas": 0, "paused": True}}),
            (MERGE, {"spec": {"paused": None}}),
            (MERGE, {"spec": {"template": {"spec": {"containers": [{"name": "one", "image": "i:9"}]}}}}),
            (MERGE, {"metadata": {"labels": {"x": "1"}}}),
            (MERGE, {}),
            (JSON, [{"op": "test", "path": "/spec/template/spec/containers/0/name", "value": "one"},
                    {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "i:7"},
                    {"op": "add", "path": "/metadata/annotations/x~1y", "value": "z"}]),
            (JSON, [{"op": "remove", "path": "/metadata/annotations/x~1y"}]),
            (JSON, [{"op": "copy", "from": "/metadata/labels/x", "path": "/metadata/labels/y"},
                    {"op": "move", "from": "/metadata/labels/x", "path": "/metadata/labels/z"}]),
            (JSON, [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "last", "image": "l"}}]),
            (JSON, []),
            (JSON, [{"op": "test", "path": "/spec/replicas", "value": 9}]),
            (JSON, [{"op": "test", "path": "/metadata/uid", "value": "$uid.patched"},
                    {"op": "replace", "path": "/spec/minReadySeconds", "value": 3}]),
            (JSON, [{"op": "replace", "path": "/metadata/annotations/nothing", "value": "x"}]),
            (JSON, [{"op": "remove", "path": "/spec/nothing"}]),
            (JSON, [{"op": "nonsense", "path": "/spec"}]),
            
            (JSON, [{"op": "add", "path": "/spec/template/spec/containers/9", "value": {"name": "far", "image": "l"}}]),
            (JSON, [{"op": "add", "path": "/spec/replcas", "value": 3}]),
            (MERGE, {"spec": {"replcas": 3}}), (STRATEGIC, {"spec": {"replcas": 3}}),
            (MERGE, {"spec": {"replicas": -1}}), 
            (MERGE, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
            (MERGE, {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 1}}),
            (MERGE, {"metadata": {"name": "renamed"}}), (MERGE, {"metadata": {"namespace": "default"}}),
            
            ("application/unknown", {"spec": {}}), ("application/json", {"spec": {}})):
        for query in ("?dryRun=All", ""):
            yield Request("PATCH", f"{DEPLOYMENTS}/patched{query}", copy.deepcopy(body), kind)
    # Where the words are those of Go's decoders and printers, or the same cause is named twice: what it comes to.
    for kind, body in ((JSON, {"op": "test"}), (MERGE, {"spec": {"replicas": "two"}}), (MERGE, "{"), (STRATEGIC, "["),
                       (STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"image": "nameless"}]}}}}),
                       (MERGE, {"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}}),
                       (MERGE, {"metadata": {"labels": {"x": "no space"}}}), (MERGE, {"kind": "Pod"})):
        yield Request("PATCH", f"{DEPLOYMENTS}/patched", body, kind, only=WORDLESS)
    for kind, body in ((MERGE, {"spec": {"replcas": 3}}), (STRATEGIC, {"spec": {"replcas": 3}}),
                       (JSON, [{"op": "add", "path": "/spec/replcas", "value": 3}])):
        for validation in ("Strict", "Warn", "Ignore"):
            yield Request("PATCH", f"{DEPLOYMENTS}/patched?fieldValidation={validation}", body, kind,
                          only=WORDLESS if validation == "Strict" else None)
    yield Request("PATCH", f"{DEPLOYMENTS}/patched?force=true", {}, MERGE)
    yield Request("PATCH", f"{DEPLOYMENTS}/nothing", {}, MERGE)
    yield Request("PATCH", f"{DEPLOYMENTS}/patched?fieldManager=nks-triage", {"metadata": {"labels": {"by": "us"}}}, MERGE)
    yield Request("GET", f"{MAPS}/a", save="a")
    body = config_map("a", {"k": "w"}, resourceVersion="$version.a", uid="$uid.a")
    yield Request("PUT", f"{MAPS}/a", body, save="a2")
    yield Request("PUT", f"{MAPS}/a", body)
    yield Request("PUT", f"{MAPS}/a?dryRun=All", config_map("a", {"k": "x"}))
    yield Request("PUT", f"{MAPS}/a", config_map("a", {"k": "y"}))
    yield Request("PUT", f"{MAPS}/a", config_map("b", {"k": "y"}))
    yield Request("PUT", f"{MAPS}/a", config_map("a", {}, uid="00000000-0000-0000-0000-000000000000"), only=WORDLESS)
    yield Request("PUT", f"{MAPS}/nothing", config_map("nothing"))
    yield Request("PUT", f"{MAPS}/a", "x", "application/json", only=WORDLESS)
    yield Request("PUT", f"{LEASES}/l", {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
                                         "spec": {"holderIdentity": "you"}}, only=WORDLESS)
    yield Request("PATCH", f"{DEPLOYMENTS}/patched/status", {"spec": {"replicas": 7}}, MERGE)
    yield Request("GET", f"{DEPLOYMENTS}/patched/status")
    yield Request("PATCH", f"{PODS}/p", {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}, STRATEGIC)
    yield Request("PATCH", f"{PODS}/p", {"spec": {"nodeSelector": {"no": "more"}}}, MERGE, only=WORDLESS)
    yield Request("PATCH", f"{PODS}/p", {"metadata": {"annotations": {"x": "y"}}}, MERGE)
    yield Request("GET", f"{DEPLOYMENTS}/patched/scale", not_simulated=True)


def applied(name, labels=None, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **({"labels": labels} if labels else {})},
            "data": data}


@group("server-side apply: made, shared, conflicts, force, what is applied no more")
def _():
    path = f"{MAPS}/applied"
    yield Request("PATCH", path, applied("applied", a="1"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=one&dryRun=All", applied("applied", a="1"), APPLY)
    yield Request("GET", path)
    yield Request("PATCH", f"{path}?fieldManager=one", applied("applied", {"x": "1"}, a="1", b="1"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=one", applied("applied", {"x": "1"}, a="1", b="1"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", applied("applied", a="1", c="2"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", applied("applied", a="2", c="2"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", applied("applied", {"x": "2"}, a="2", b="2"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two&force=true&dryRun=All", applied("applied", a="2"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two&force=true", applied("applied", a="2"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=one", applied("applied"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=hand", {"data": {"a": "3", "h": "1"}}, MERGE)
    yield Request("PATCH", f"{path}?fieldManager=two", applied("applied", a="4"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", applied("other", a="4"), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", dict(applied("applied"), apiVersion="v2"), APPLY, only=WORDLESS)
    yield Request("PATCH", f"{path}?fieldManager=two", dict(applied("applied"), nonsense=1), APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", "{", APPLY, only=["code", "reason", "status"])
    yield Request("PATCH", f"{path}?fieldManager=two", {**applied("applied"), "metadata": {
        "name": "applied", "managedFields": [{"manager": "x"}]}}, APPLY)
    yield Request("PATCH", f"{MAPS}/absent?fieldManager=two", {**applied("absent"), "metadata": {
        "name": "absent", "uid": "00000000-0000-0000-0000-000000000000"}}, APPLY)
    yield Request("PATCH", f"{path}?fieldManager=two", applied("applied", a="5"), APPLY, user="nobody")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "regcred", "labels": {"by": "nks-triage"}},
              "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}}
    yield Request("PATCH", f"{SECRETS}/regcred?fieldManager=nks-triage", secret, APPLY)
    yield Request("PATCH", f"{SECRETS}/regcred?fieldManager=other", {**secret, "data": {".dockerconfigjson": "e31="}}, APPLY)
    yield Request("POST", DEPLOYMENTS, deployment("ssa"))
    config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"template": {"spec": {
        "containers": [{"name": "one", "image": "i:5", "env": [{"name": "A", "value": "9"}]}]}}}}
    yield Request("PATCH", f"{DEPLOYMENTS}/ssa?fieldManager=nks-triage", config, APPLY)
    yield Request("PATCH", f"{DEPLOYMENTS}/ssa?fieldManager=nks-triage&force=true&dryRun=All", config, APPLY)
    yield Request("PATCH", f"{DEPLOYMENTS}/ssa?fieldManager=nks-triage&force=true", config, APPLY)
    more = copy.deepcopy(config)
    more["spec"]["template"]["spec"]["containers"] = [{"name": "three", "image": "i:3"}]
    yield Request("PATCH", f"{DEPLOYMENTS}/ssa?fieldManager=more", more, APPLY)
    yield Request("PATCH", f"{DEPLOYMENTS}/ssa?fieldManager=more", {**more, "spec": {"minReadySeconds": 4}}, APPLY)


@group("deletes, preconditions, finalizers, evictions")
def _():
    for name in ("d1", "d2", "d3", "d4"):
        yield Request("POST", MAPS, config_map(name, labels={"gone": "yes"}), save=name)
    wrong, right = ({"preconditions": {"uid": uid}} for uid in ("00000000-0000-0000-0000-000000000000", "$uid.d1"))
    yield Request("DELETE", f"{MAPS}/d1", wrong)
    yield Request("DELETE", f"{MAPS}/d1?dryRun=All", right)
    yield Request("DELETE", f"{MAPS}/d1", right)
    yield Request("DELETE", f"{MAPS}/d1", right)
    yield Request("DELETE", f"{MAPS}/d2", {"preconditions": {"resourceVersion": "1"}})
    yield Request("DELETE", f"{MAPS}/d2", {"preconditions": {"resourceVersion": "$version.d2"}})
    yield Request("DELETE", f"{MAPS}/d3", {"propagationPolicy": "Nonsense"})
    yield Request("DELETE", f"{MAPS}?labelSelector=nothing%3Dhere", only=["apiVersion"])
    yield Request("DELETE", f"{MAPS}/d3", {"propagationPolicy": "Background"})
    yield Request("POST", MAPS, config_map("kept", finalizers=["example.com/keep"]))
    yield Request("DELETE", f"{MAPS}/kept")
    yield Request("GET", f"{MAPS}/kept")
    yield Request("PATCH", f"{MAPS}/kept", {"metadata": {"finalizers": ["example.com/other"]}}, MERGE,
                  only=WORDLESS + ["message"])
    yield Request("PATCH", f"{MAPS}/kept", {"metadata": {"finalizers": []}}, MERGE)
    yield Request("GET", f"{MAPS}/kept")
    yield Request("DELETE", f"{DEPLOYMENTS}/web", {"propagationPolicy": "Background", "preconditions": {"uid": "$uid.web"}})
    yield Request("DELETE", f"{SECRETS}/s")
    yield Request("DELETE", f"{LEASES}/l")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p", "namespace": NS}}
    yield Request("POST", f"{PODS}/nothing/eviction", {**eviction, "metadata": {"name": "nothing", "namespace": NS}})
    yield Request("POST", f"{PODS}/p/eviction", {**eviction, "metadata": {"name": "other", "namespace": NS}})
    yield Request("POST", f"{PODS}/p/eviction?dryRun=All", eviction)
    yield Request("POST", f"{PODS}/p/eviction", {**eviction, "deleteOptions": wrong})
    yield Request("POST", f"{PODS}/p/eviction", {**eviction, "deleteOptions": {"preconditions": {"uid": "$uid.p"}}})
    yield Request("POST", f"{PODS}/p/eviction", eviction)
    ready = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    yield Request("POST", PODS, pod("e"), save="e")
    yield Request("PATCH", f"{PODS}/e/status", ready, STRATEGIC)
    yield Request("POST", BUDGETS, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "e"},
                                    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "e"}}}})
    # Whose status it is then depends: where the simulated controller has said the same before, nothing is changed.
    yield Request("PATCH", f"{BUDGETS}/e/status", {"status": {
        "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "observedGeneration": 1}}, MERGE,
                  only=["kind", "metadata.name", "spec"])
    for query in ("?dryRun=All", ""):
        yield Request("POST", f"{PODS}/e/eviction{query}", {**eviction, "metadata": {"name": "e", "namespace": NS}})
    yield Request("DELETE", f"{PODS}/q?gracePeriodSeconds=0", wrong)
    yield Request("DELETE", f"{PODS}/q?gracePeriodSeconds=0")
    yield Request("GET", f"{PODS}/q")


@group("rights: reviews, and what others may not")
def _():
    for user in (None, "nobody"):
        for verb, group, resource, namespace in (("list", "", "pods", ""), ("get", "", "secrets", NS), ("patch", "apps", "deployments", NS),
                                                 ("delete", "", "nodes", ""), ("*", "*", "*", "")):
            yield Request("POST", REVIEWS, {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {
                "resourceAttributes": {"verb": verb, "group": group, "resource": resource, "namespace": namespace}}}, user=user,
                only=["kind", "status.allowed", "spec"])
    yield Request("POST", REVIEWS, {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {}})
    for method, path, body, kind in (
            ("GET", PODS, None, None), ("GET", f"{PODS}/p", None, None), ("GET", "/api/v1/nodes", None, None),
            ("GET", f"{DEPLOYMENTS}/patched", None, None), ("POST", MAPS, config_map("mine"), None), ("GET", "/apis/apps/v1/deployments", None, None),
            ("DELETE", f"{MAPS}/a", None, None), ("PATCH", f"{DEPLOYMENTS}/patched", {}, MERGE), ("GET", f"{PODS}/p/log", None, None),
            ("GET", f"{PODS}?watch=1", None, None), ("POST", f"{PODS}/p/eviction", {}, None), ("DELETE", MAPS, None, None),
            ("PUT", f"{MAPS}/a", config_map("a"), None), ("PATCH", f"{DEPLOYMENTS}/patched/status", {}, MERGE)):
        yield Request(method, path, body, kind, user="nobody")


@group("watches: changes in order, selections, tables, versions that are gone")
def _():
    yield Request("GET", f"{MAPS}?limit=1", save="start", only=["kind"])
    yield Request("POST", MAPS, config_map("w", {"a": "1"}, labels={"w": "1"}))
    yield Request("PATCH", f"{MAPS}/w", {"data": {"a": "2"}}, MERGE)
    yield Request("PATCH", f"{MAPS}/w", {"metadata": {"labels": {"w": "2"}}}, MERGE)
    yield Request("PATCH", f"{MAPS}/w", {"metadata": {"labels": {"w": "1"}}}, MERGE)
    yield Request("DELETE", f"{MAPS}/w")
    since = "watch=1&timeoutSeconds=1&resourceVersion=$version.start"
    for more in ("", "&labelSelector=w%3D1", "&labelSelector=w%3D2", "&fieldSelector=metadata.name%3Dw", "&fieldSelector=metadata.name%3Dx"):
        yield Request("GET", f"{MAPS}?{since}{more}", watch=True)
    yield Request("GET", f"{MAPS}?{since}&labelSelector=w%3D1", accept=PARTIAL, watch=True)
    yield Request("GET", f"{MAPS}?{since}&labelSelector=w%3D1", accept=TABLE, watch=True)
    yield Request("GET", f"{MAPS}?watch=1&timeoutSeconds=1&labelSelector=in%3Dpages", watch=True)
    yield Request("GET", f"{MAPS}?watch=1&timeoutSeconds=1&labelSelector=in%3Dpages&resourceVersion=0", watch=True)
    yield Request("GET", f"{MAPS}?watch=1&timeoutSeconds=1&resourceVersion=nonsense")
    yield Request("GET", f"{MAPS}/a?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dother", only=["code"])
    yield Request("GET", f"{MAPS}?watch=1&labelSelector=%3Dx")
    yield Request("GET", f"{MAPS}?limit=1", save="page")
    yield Request("POST", MAPS, config_map("later"))
    yield Request("COMPACT", "")
    yield Request("GET", f"{MAPS}?limit=1&continue=$continue.page")
    yield Request("GET", f"{MAPS}?resourceVersion=1&resourceVersionMatch=Exact")
