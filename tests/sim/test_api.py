#!/usr/bin/env python3
"""The simulated cluster's HTTP answers where kubectl does not look: watches, pages, preconditions, faults."""
import base64
import http.client
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from api import Api  # noqa: E402
from tap import test, run  # noqa: E402

PODS = "/api/v1/pods"
MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def config_map(name, **data):
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}, "data": data}


def make(name, **data):
    status, made = api.call("POST", MAPS, config_map(name, **data))
    assert status == 201, made
    return made


@test("a watch tells what happened after its resourceVersion, in order")
def _():
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    with api.watch(f"{MAPS}?watch=1&resourceVersion={version}") as watch:
        made = make("w1", a="1")
        status, changed = api.call("PATCH", f"{MAPS}/w1", {"data": {"a": "2"}}, Content_Type="application/merge-patch+json")
        assert status == 200
        api.call("DELETE", f"{MAPS}/w1")
        events = [watch.next() for _ in range(3)]
    assert [e["type"] for e in events] == ["ADDED", "MODIFIED", "DELETED"], events
    assert events[0]["object"] == made and events[1]["object"] == changed
    versions = [int(e["object"]["metadata"]["resourceVersion"]) for e in events]
    assert versions == sorted(set(versions)), versions
    # The same history again, from before.
    with api.watch(f"{MAPS}?watch=1&resourceVersion={version}") as watch:
        assert [watch.next()["type"] for _ in range(3)] == ["ADDED", "MODIFIED", "DELETED"]


@test("a watch without resourceVersion begins with what is there")
def _():
    make("w2")
    with api.watch(f"{MAPS}?watch=1") as watch:
        names = set()
        while "w2" not in names:
            event = watch.next()
            assert event["type"] == "ADDED", event
            names.add(event["object"]["metadata"]["name"])


@test("a selected watch: what leaves the selection is DELETED, what enters is ADDED")
def _():
    make("w3")
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    with api.watch(f"{MAPS}?watch=1&resourceVersion={version}&labelSelector=on%3Dyes") as watch:
        for value in ("yes", "no"):
            api.call("PATCH", f"{MAPS}/w3", {"metadata": {"labels": {"on": value}}},
                     Content_Type="application/merge-patch+json")
        first, second = watch.next(), watch.next()
    assert first["type"] == "ADDED" and second["type"] == "DELETED", (first, second)
    assert second["object"]["metadata"]["labels"] == {"on": "yes"}
    assert int(second["object"]["metadata"]["resourceVersion"]) > int(first["object"]["metadata"]["resourceVersion"])


@test("bookmarks come before the end, and timeoutSeconds ends the watch cleanly")
def _():
    began = time.monotonic()
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    with api.watch(f"{MAPS}?watch=1&resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=3") as watch:
        event = watch.next()
        assert event["type"] == "BOOKMARK" and event["object"]["kind"] == "ConfigMap", event
        assert int(event["object"]["metadata"]["resourceVersion"]) >= int(version)
        while event:
            event = watch.next()
    assert 2.5 < time.monotonic() - began < 8, time.monotonic() - began


@test("a Table watch names its columns once")
def _():
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    with api.watch(f"{MAPS}?watch=1&resourceVersion={version}", Accept=TABLE) as watch:
        make("w4", a="1")
        make("w5")
        first, second = watch.next()["object"], watch.next()["object"]
    assert [c["name"] for c in first["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert not second["columnDefinitions"] and second["rows"][0]["cells"][:2] == ["w5", 0], second


@test("a version that is too old is an ERROR event with 410, as from a watch cache")
def _():
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    api.fault(compact=True)
    with api.watch(f"{MAPS}?watch=1&resourceVersion={version}") as watch:
        assert watch.status == 200
        event = watch.next()
        assert event["type"] == "ERROR" and event["object"]["code"] == 410, event
        assert event["object"]["reason"] == "Expired"
        assert event["object"]["message"].startswith(f"too old resource version: {version} ("), event
        assert watch.next() is None


@test("sendInitialEvents is refused as by a server without WatchList")
def _():
    status, answer = api.call("GET", f"{PODS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                                     "&allowWatchBookmarks=true")
    assert status == 422 and answer["reason"] == "Invalid", answer
    assert answer["details"]["causes"][0]["field"] == "sendInitialEvents", answer


@test("pages share one resourceVersion and add up, whatever changes meanwhile")
def _():
    first = api.list(f"{PODS}?limit=60")
    names, page = [], first
    total = 60 + first["metadata"]["remainingItemCount"]
    while True:
        names += [p["metadata"]["namespace"] + "/" + p["metadata"]["name"] for p in page["items"]]
        assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        if not page["metadata"].get("continue"):
            break
        api.call("POST", "/api/v1/namespaces/default/pods", {
            "kind": "Pod", "apiVersion": "v1", "metadata": {"generateName": "zz-"},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
        page = api.list(f"{PODS}?limit=60&continue={page['metadata']['continue']}")
    assert len(names) == total and len(set(names)) == total and names == sorted(names), (len(names), total)
    api.call("DELETE", "/api/v1/namespaces/default/pods?gracePeriodSeconds=0")


@test("a continue token that expired gives 410 with a token to go on inconsistently")
def _():
    page = api.list(f"{PODS}?limit=60")
    api.fault(compact=True)
    status, answer = api.call("GET", f"{PODS}?limit=60&continue={page['metadata']['continue']}")
    assert status == 410 and answer["reason"] == "Expired", answer
    assert answer["message"].startswith("The provided continue parameter is too old"), answer
    rest = api.list(f"{PODS}?continue={answer['metadata']['continue']}")
    assert rest["metadata"]["resourceVersion"] != page["metadata"]["resourceVersion"]
    assert rest["items"][0]["metadata"]["name"] > page["items"][-1]["metadata"]["name"] or \
        rest["items"][0]["metadata"]["namespace"] > page["items"][-1]["metadata"]["namespace"]
    assert api.call("GET", f"{PODS}?limit=60&continue=rubbish")[0] == 400


@test("remainingItemCount is left out with a selector")
def _():
    page = api.list(f"{PODS}?limit=2&labelSelector=k8s-app%3Dkube-proxy")
    assert len(page["items"]) == 2 and page["metadata"]["continue"]
    assert "remainingItemCount" not in page["metadata"], page["metadata"]


@test("resourceVersion of a list: too large is 504, an old exact one is 410, contradictions are 422")
def _():
    status, answer = api.call("GET", f"{PODS}?resourceVersion=99999999999")
    assert status == 504 and answer["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge", answer
    assert api.call("GET", f"{PODS}?resourceVersion=1&resourceVersionMatch=Exact")[0] == 410
    assert api.call("GET", f"{PODS}?resourceVersion=0")[0] == 200
    assert api.call("GET", f"{PODS}?resourceVersionMatch=Exact")[0] == 422
    assert api.call("GET", f"{PODS}?resourceVersion=x")[0] == 400


@test("PartialObjectMetadata on demand; includeObject of Tables")
def _():
    partial = json.loads(api.send("GET", f"{PODS}?limit=3", Accept="application/json;as=PartialObjectMetadataList;"
                                                                   "v=v1;g=meta.k8s.io")[2])
    assert partial["kind"] == "PartialObjectMetadataList" and "spec" not in partial["items"][0]
    for include, check in (("None", lambda o: o is None), ("Object", lambda o: o["kind"] == "Pod" and o["spec"]),
                           ("Metadata", lambda o: o["kind"] == "PartialObjectMetadata")):
        table = json.loads(api.send("GET", f"{PODS}?limit=3&includeObject={include}", Accept=TABLE)[2])
        assert all(check(row["object"]) for row in table["rows"]), include
        assert len(table["rows"][0]["cells"]) == len(table["columnDefinitions"])


@test("aggregated discovery and the plain form name the same resources")
def _():
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    status, headers, data = api.send("GET", "/apis", Accept=accept)
    assert "as=APIGroupDiscoveryList" in headers["Content-Type"]
    for group in json.loads(data)["items"]:
        name, version = group["metadata"]["name"], group["versions"][0]
        plain = api.list(f"/apis/{name}/{version['version']}")["resources"]
        assert {r["name"] for r in plain if "/" not in r["name"]} == {r["resource"] for r in version["resources"]}, name


@test("events.k8s.io/v1 is a view of the same events")
def _():
    core = {e["metadata"]["uid"]: e for e in api.list("/api/v1/events?fieldSelector=reason%3DFailed")["items"]}
    view = {e["metadata"]["uid"]: e for e in api.list("/apis/events.k8s.io/v1/events?fieldSelector=reason%3DFailed")["items"]}
    assert set(core) & set(view)
    uid = next(iter(set(core) & set(view)))
    assert view[uid]["note"] == core[uid]["message"] and view[uid]["regarding"] == core[uid]["involvedObject"]


@test("create: names, namespaces, kinds and bodies that do not fit are refused with their reason")
def _():
    make("dup")
    for code, reason, path, body in (
            (409, "AlreadyExists", MAPS, config_map("dup")),
            (404, "NotFound", "/api/v1/namespaces/nowhere/configmaps", config_map("a")),
            (422, "Invalid", MAPS, config_map("Not_A_Name")),
            (422, "Invalid", MAPS, {"kind": "ConfigMap", "apiVersion": "v1"}),
            (400, "BadRequest", MAPS, {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}}),
            (400, "BadRequest", MAPS, dict(config_map("x"), metadata={"name": "x", "namespace": "other"})),
            (400, "BadRequest", MAPS, b"{not json"),
            (405, "MethodNotAllowed", MAPS + "/dup", config_map("dup"))):
        status, answer = api.call("POST", path, body)
        assert (status, answer.get("reason"), answer["kind"]) == (code, reason, "Status"), answer
    assert api.send("POST", MAPS, b"apiVersion: v1", Content_Type="application/yaml")[0] == 415
    assert api.call("POST", MAPS, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"generateName": "gen-"}})[1][
        "metadata"]["name"].startswith("gen-")


@test("what is too large is refused")
def _():
    assert api.call("POST", MAPS, config_map("big", a="x" * (4 << 20)))[0] == 413


@test("a Secret's stringData becomes data")
def _():
    path = "/api/v1/namespaces/default/secrets"
    api.call("POST", path, {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "s"}, "stringData": {"k": "v"}})
    secret = api.list(f"{path}/s")
    assert secret["data"] == {"k": base64.b64encode(b"v").decode()} and "stringData" not in secret
    assert secret["type"] == "Opaque"


@test("delete: preconditions, finalizers, and who is left behind")
def _():
    made = make("d1")
    status, answer = api.call("DELETE", f"{MAPS}/d1", {"preconditions": {"uid": "other"}})
    assert status == 409 and "the UID in the precondition (other) does not match the UID in record" in answer["message"]
    status, answer = api.call("DELETE", f"{MAPS}/d1", {"preconditions": {"resourceVersion": "1"}})
    assert status == 409, answer
    api.call("PATCH", f"{MAPS}/d1", {"metadata": {"finalizers": ["example.com/hold"]}},
             Content_Type="application/merge-patch+json")
    status, answer = api.call("DELETE", f"{MAPS}/d1", {"preconditions": {"uid": made["metadata"]["uid"]}})
    assert status == 200 and answer["metadata"]["deletionTimestamp"], answer
    api.call("PATCH", f"{MAPS}/d1", {"metadata": {"finalizers": None}}, Content_Type="application/merge-patch+json")
    assert api.call("GET", f"{MAPS}/d1")[0] == 404


@test("a status is changed by its subresource only")
def _():
    path = "/api/v1/nodes/nks-prod-default-worker-2"
    before = api.list(path)
    patch = {"status": {"conditions": [{"type": "DiskPressure", "status": "True"}]}, "metadata": {"labels": {"x": "y"}}}
    strategic = "application/strategic-merge-patch+json"
    api.call("PATCH", path, {"status": patch["status"]}, Content_Type=strategic)
    assert api.list(path)["status"]["conditions"] == before["status"]["conditions"]
    status, after = api.call("PATCH", path + "/status", patch, Content_Type=strategic)
    assert status == 200 and "x" not in after["metadata"]["labels"], after["metadata"]
    pressure = [c for c in after["status"]["conditions"] if c["type"] == "DiskPressure"]
    assert len(pressure) == 1 and pressure[0]["status"] == "True" and len(after["status"]["conditions"]) == 5


@test("unknown fields: refused when strict, a Warning header by default")
def _():
    bad = {"spec": {"template": {"spec": {"contaners": []}}}}
    path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    status, answer = api.call("PATCH", path + "?fieldValidation=Strict&dryRun=All", bad,
                              Content_Type="application/merge-patch+json")
    assert status == 422 and 'unknown field "spec.template.spec.contaners"' in answer["message"], answer
    status, headers, _ = api.send("PATCH", path + "?dryRun=All", bad, Content_Type="application/merge-patch+json")
    assert status == 200 and 'unknown field' in headers["Warning"], dict(headers)


@test("each answer has an Audit-Id of its own")
def _():
    first, second = (api.send("GET", "/version")[1]["Audit-Id"] for _ in range(2))
    assert first and second and first != second


@test("a self access review needs its attributes")
def _():
    status, answer = api.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                              {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": {}})
    assert status == 422, answer
    status, answer = api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                              {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"},
                              Impersonate_User="viewer")
    assert status == 201 and answer["status"]["userInfo"]["username"] == "viewer", answer


@test("URLs that name nothing are 404, bytes that are no text 400")
def _():
    for path in ("/", "/apis/nope/v1", "/api/v1/nope", "/api/v2/pods", "/api/v1/namespaces/a/pods/b/c/d", "/sim/nope"):
        assert api.send("GET", path)[0] == 404, path
    assert api.call("GET", "/api/v1/namespaces/%ff/pods")[0] == 400


def faulty(**settings):
    class Faulty:
        def __enter__(self):
            api.fault(**settings)

        def __exit__(self, *_):
            api.fault(**{name: None for name in settings})
    return Faulty()


@test("faults: 401, 403 of one resource, 429 with Retry-After, HTML, half a document")
def _():
    with faulty(unauthorized=True):
        status, answer = api.call("GET", PODS)
        assert status == 401 and answer["reason"] == "Unauthorized" and answer["message"] == "Unauthorized"
    with faulty(forbidden="pods"):
        status, answer = api.call("GET", PODS)
        assert status == 403 and 'cannot list resource "pods"' in answer["message"]
        assert api.call("GET", "/api/v1/nodes")[0] == 200
    with faulty(throttle=7):
        status, headers, _ = api.send("GET", PODS)
        assert status == 429 and headers["Retry-After"] == "7"
    with faulty(html=True):
        status, headers, data = api.send("GET", PODS)
        assert status == 200 and headers["Content-Type"].startswith("text/html") and b"<html>" in data
    with faulty(half=True):
        data = api.send("GET", PODS)[2]
        assert data.startswith(b'{"kind":"PodList"') and not data.rstrip().endswith(b"}")
    assert api.call("GET", PODS)[0] == 200


@test("faults: slow, hanging, reset connections; all well again afterwards")
def _():
    with faulty(slow=300):
        began = time.monotonic()
        assert api.call("GET", "/api/v1/nodes")[0] == 200
        assert time.monotonic() - began >= 0.29
    with faulty(reset=True):
        try:
            api.call("GET", PODS)
            raise AssertionError("an answer came")
        except (ConnectionResetError, http.client.RemoteDisconnected):
            pass
    connection = api.connection(0.5)
    with faulty(hang=True):
        connection.request("GET", "/api/v1/nodes")
        try:
            connection.getresponse()
            raise AssertionError("an answer came")
        except (socket.timeout, TimeoutError):
            pass
    connection.close()
    assert api.call("GET", "/api/v1/nodes")[0] == 200


@test("faults: watches that end at once, that are gone by event and by status")
def _():
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    url = f"{MAPS}?watch=1&resourceVersion={version}"
    with api.watch(url) as running:
        with faulty(watchEnd=True):
            assert running.next() is None
            with api.watch(url) as watch:
                assert watch.status == 200 and watch.next() is None
    with api.watch(url) as running:
        with faulty(gone="event"):
            assert running.next()["object"]["code"] == 410 and running.next() is None
    with faulty(gone="http"):
        with api.watch(url) as watch:
            assert watch.status == 410
    assert api.call("POST", "/sim/fault", {"nonsense": True})[0] == 400


@test("many watches at once see the same change")
def _():
    version = api.list(MAPS)["metadata"]["resourceVersion"]
    watches = [api.watch(f"{MAPS}?watch=1&resourceVersion={version}") for _ in range(100)]
    made = make("many")
    assert all(watch.next()["object"] == made for watch in watches)
    for watch in watches:
        watch.connection.close()


with Api("calico-outage") as api:
    run()
