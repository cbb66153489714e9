#!/usr/bin/python3
"""A real apiserver that changes, refuses or loses what a fix asks of it: webhooks, and a kill -9 in the middle."""
import base64
import http.server
import json
import os
import ssl
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from audited import AuditedPlane  # noqa: E402
from fault_rows import Row, row, run_rows  # noqa: E402
from kube_api import ApiError  # noqa: E402
from quick_console import quick_console  # noqa: E402
from table_runbooks import THREE  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

PLANE = AuditedPlane()
CONSOLE = quick_console(PLANE.folder, THREE)
ALL = [("patch", "first", 200), ("patch", "second", 200), ("patch", "third", 200)]


def new_row(**more):
    return Row(PLANE, CONSOLE, **more)


class Webhook:
    """Mutating admission of the Deployments of one namespace; patch is a JSON Patch that it adds."""

    def __init__(self, place, patch, kind="mutating", refuses_dry_run=False):
        self.calls = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = review["request"]
                outer.calls.append((request["name"], bool(request.get("dryRun"))))
                answer = {"uid": request["uid"], "allowed": True}
                if refuses_dry_run and request.get("dryRun"):
                    answer.update(allowed=False, status={"code": 400, "message": "it does not support dry run"})
                elif patch:
                    answer.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(patch).encode()).decode())
                text = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                                   "response": answer}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = os.path.join(PLANE.path("certificates"), "apiserver.crt")
        context.load_cert_chain(certificate, certificate.replace(".crt", ".key"))
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        with open(certificate, "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        self.place, self.name, self.is_there = place, place.namespace, True
        self.path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations"
        PLANE.api.post(self.path, {"metadata": {"name": self.name}, "webhooks": [{
            "name": f"{self.name}.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "NoneOnDryRun",
            "failurePolicy": "Fail", "timeoutSeconds": 30, "namespaceSelector": {"matchLabels": {"row": self.name}},
            "clientConfig": {"url": f"https://127.0.0.1:{self.server.server_address[1]}/", "caBundle": authority},
            "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"],
                       "resources": ["deployments"]}]}]})

    def __enter__(self):
        """In force: the apiserver learns of it from a watch."""
        def is_called():
            try:
                PLANE.api.patch(f"{self.place.apps}/second?dryRun=All", {"metadata": {"labels": {"probe": "x"}}})
            except ApiError as error:
                return "does not support dry run" in str(error)
            return bool(self.calls)
        wait_for(is_called)
        self.calls.clear()
        return self

    def drop(self):
        """It is not asked any more; the apiserver learns of that, too, from a watch."""
        if not self.is_there:
            return
        self.is_there = False
        PLANE.api.delete(f"{self.path}/{self.name}")

        def is_forgotten():
            self.calls.clear()
            PLANE.api.patch(f"{self.place.apps}/second?dryRun=All", {"metadata": {"labels": {"probe": "x"}}})
            return not self.calls
        wait_for(is_forgotten)

    def __exit__(self, *_):
        self.drop()
        self.server.shutdown()
        self.server.server_close()


@row("a webhook that refuses dry runs: 'cannot be previewed' and why; --dry-run 6; confirmed, it runs and is verified")
def _():
    with new_row() as place, Webhook(place, None, "validating", refuses_dry_run=True) as hook:
        plan = place.operator.run("plan", "fault-three")
        assert plan.code == 0 and plan.out.count("cannot be previewed: ") == 3, plan
        assert f"{hook.name}.example.com" in plan.out and "does not support dry run" in plan.out, plan
        assert place.operator.run("fix", "fault-three", "--dry-run").code == 6
        assert all(is_dry for _, is_dry in hook.calls), hook.calls
        hook.calls.clear()
        place.mark = PLANE.audit_now()
        answer = place.operator.run("fix", "fault-three", "--confirm", plan.out.splitlines()[-1].split()[1])
        assert answer.code == 0 and place.values() == (3, 4, "mended"), answer
        assert place.written() == ALL
        assert [name for name, is_dry in hook.calls if not is_dry] == ["first", "second", "third"], hook.calls


@row("admission adds an annotation: it is in the preview as the server's, and in the digest; what runs is what was shown")
def _():
    with new_row() as place:
        bare = place.operator.digest("plan", "fault-three")
        with Webhook(place, [{"op": "add", "path": "/metadata/annotations/stamp", "value": "by-admission"}]) as hook:
            plan = place.operator.plan("fault-three")
            assert {name for name, is_dry in hook.calls if is_dry} == {"first", "second", "third"}, hook.calls
            paths = [(line["path"], line["after"]) for line in plan["steps"][0]["diff"]]
            assert ("/metadata/annotations/stamp", "by-admission") in paths, paths
            assert plan["digest"] != bare
            answer = place.operator.run("fix", "fault-three", "--confirm", bare)
            assert answer.code == 6 and place.written() == [], answer
            answer = place.operator.run("fix", "fault-three", "--confirm", plan["digest"])
            assert answer.code == 0 and place.written() == ALL, answer
            assert place.get("first")["metadata"]["annotations"]["stamp"] == "by-admission"


@row("admission changes the very value that is set: the preview shows what will be; it runs, and is undone")
def _():
    with new_row() as place, Webhook(place, [{"op": "replace", "path": "/spec/revisionHistoryLimit", "value": 7}]) as hook:
        plan = place.operator.plan("fault-three")
        shown = {line["path"]: line["after"] for line in plan["steps"][0]["diff"]}
        assert shown["/spec/revisionHistoryLimit"] == 7, shown
        answer = place.operator.run("fix", "fault-three", "--confirm", plan["digest"])
        assert answer.code == 0 and place.values() == (7, 7, "mended"), (answer, place.values())
        assert hook.calls
        name = place.operator.runs()[0]["id"]
        place.mark = PLANE.audit_now()
        hook.drop()
        undone = place.operator.run("undo", name, "--confirm", place.operator.digest("undo", name))
        assert undone.code == 0 and place.values()[2] == "three" and place.values()[:2] == (10, 10), (undone, place.values())


run_after = []


@test("the apiserver is killed when the second PATCH is done and its answer not sent: seen when it is back, written once")
def _():
    with new_row() as place:
        place.after("second", restart_later)
        answer = place.fix()
        wait_restarted()
        assert answer.code == 0 and place.values() == (3, 4, "mended"), answer
        patches = [one for one in place.written() if one[2] == 200]
        assert patches == ALL, place.written()
        assert place.operator.journal() == ("verified", ["done"] * 3)


@test("the apiserver is killed before the second PATCH arrives: sent when it is back")
def _():
    with new_row() as place:
        place.disturb("second", None, before=restart_later)
        answer = place.fix()
        wait_restarted()
        assert answer.code == 0 and place.values() == (3, 4, "mended"), answer
        assert [one for one in place.written() if one[2] == 200] == ALL, place.written()


def restart_later():
    """Dead when this returns; back a moment later."""
    process = PLANE.processes["kube-apiserver"]
    process.kill()
    process.wait()
    thread = threading.Thread(target=PLANE.start_apiserver)
    thread.start()
    run_after.append(thread)


def wait_restarted():
    run_after.pop().join(120)
    wait_for(PLANE.ready)


with PLANE:
    run_rows(3)
    run()
