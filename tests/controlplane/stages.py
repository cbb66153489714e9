"""What kwok makes of nodes and pods: kubelets that cannot pull some images, and containers that never become ready.

kwok takes its own stages only where it is given none, so all that is needed is here.
"""
import json
import time


def stage(name, kind, when, then, **more):
    """when: (key, operator, values...)"""
    expressions = [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}
                   for key, operator, *values in when]
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": {
        "resourceRef": {"apiGroup": "v1", "kind": kind}, "selector": {"matchExpressions": expressions}, "next": then,
        **more}}


IMAGE, LIVES = ".spec.containers.[].image", (".metadata.deletionTimestamp", "DoesNotExist")
NO_STATUS = (".status.containerStatuses", "DoesNotExist")

NODE_STATUS = """
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
addresses:
- {type: InternalIP, address: {{ NodeIP | Quote }}}
- {type: Hostname, address: {{ NodeName | Quote }}}
allocatable: &resources {cpu: "8", memory: 16Gi, pods: "110"}
capacity: *resources
nodeInfo:
  kubeletVersion: v1.34.4
  containerRuntimeVersion: containerd://1.7.28
  osImage: Ubuntu 22.04.5 LTS
  kernelVersion: 5.15.0-119-generic
  architecture: amd64
  operatingSystem: linux
  bootID: ""
  kubeProxyVersion: ""
  machineID: ""
  systemUUID: ""
"""

# What is between % and s differs; the rest is what a kubelet reports of a pod that it has started.
POD_STATUS = """
{{ $now := Now }}
phase: %(phase)s
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
{{ $meta := .metadata }}
podIP: {{ PodIPWith .spec.nodeName (or .spec.hostNetwork false) $meta.uid $meta.name $meta.namespace | Quote }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: %(ready)s, lastTransitionTime: %(since)s}
- {type: Ready, status: %(ready)s, lastTransitionTime: %(since)s}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: %(is_ready)s
  restartCount: 0
  state: %(state)s
{{ end }}
"""
NOW, RUNNING = "{{ $now | Quote }}", "{running: {startedAt: {{ $now | Quote }}}}"
WAITING = '{waiting: {reason: ImagePullBackOff, message: {{ printf "Back-off pulling image \\"%s\\"" .image | Quote }}}}'


def pod_status(is_ready, since=NOW, state=RUNNING, phase="Running"):
    return POD_STATUS % {"ready": '"True"' if is_ready else '"False"', "is_ready": "true" if is_ready else "false",
                         "since": since, "state": state, "phase": phase}


def event(reason, message):
    return {"type": "Warning", "reason": reason, "message": message}


def stages(failing, unready, minutes):
    """failing: image to the text of its pull's failure. unready: image to the text of its probe's failure; its
    containers run and have not been ready for so many minutes."""
    since = json.dumps(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - minutes * 60)))
    yield stage("node-ready", "Node", [('.status.conditions.[] | select( .type == "Ready" ) | .status', "NotIn", "True")],
                {"statusTemplate": NODE_STATUS})
    yield stage("pod-gone", "Pod", [(".metadata.deletionTimestamp", "Exists")],
                {"finalizers": {"empty": True}, "delete": True})
    yield stage("pod-ready", "Pod", [LIVES, NO_STATUS, (IMAGE, "NotIn", *failing, *unready)],
                {"statusTemplate": pod_status(True)})
    for number, (image, text) in enumerate(failing.items()):
        yield stage(f"pod-failing-{number}", "Pod", [LIVES, NO_STATUS, (IMAGE, "In", image)],
                    {"event": event("Failed", text),
                     "statusTemplate": pod_status(False, state=WAITING, phase="Pending")})
    for number, (image, text) in enumerate(unready.items()):
        yield stage(f"pod-unready-{number}", "Pod", [LIVES, NO_STATUS, (IMAGE, "In", image)],
                    {"event": event("Unhealthy", text), "statusTemplate": pod_status(False, since)})


def write(path, **arguments):
    """A configuration file for kwok."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n---\n".join(json.dumps(one) for one in stages(**arguments)))
    return path
