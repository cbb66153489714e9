"""Leases as consoles of this program make them, for tests in which there is somebody else."""
import datetime
import json

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
NODES_TURN = "one node at a time"


def micro_time(off=0.0):
    """So many seconds from now, as the API writes it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=off)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def lock(objects, holder="kim@bastion/run-of-kim", run="run-of-kim", entry="E08", step="5/7", off=100.0, seconds=120,
         name="nks-triage-0123456789", **annotations):
    """A Lease that says that run holds these objects; renewed off seconds from now: in force for minutes, on a slow
    machine too."""
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-system",
                         "labels": {"app.kubernetes.io/managed-by": "nks-triage"},
                         "annotations": {"nks-triage/run": run, "nks-triage/entry": entry, "nks-triage/step": step,
                                         "nks-triage/objects": json.dumps(objects),
                                         **{f"nks-triage/{key}": value for key, value in annotations.items()}}},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": micro_time(off)}}


def objects_of(lease):
    return json.loads(lease["metadata"]["annotations"]["nks-triage/objects"])
