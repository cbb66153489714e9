#!/usr/bin/python3
"""What is done on a simulated node over SSH, and what of it shows in the cluster; faults of connections."""
# Waits: for what kubelets see of their nodes.
# Takes: 25 s
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from nodes import Nodes  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

SCALE = ("--time-scale", "0.02")
ROOTLY = "sudo -n timeout 60 env LC_ALL=C "
FILE = "/etc/logrotate.d/docker"


def runbook(name):
    with open(os.path.join(ROOT, "assets", "runbooks", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def rotation():
    return next(step["content"] for step in runbook("E01")["steps"] if "content" in step)


def condition(cluster, node, kind):
    conditions = cluster.get("/api/v1/nodes/" + node)["status"]["conditions"]
    return next(item["status"] for item in conditions if item["type"] == kind)


def phases(cluster, namespace, prefix):
    pods = cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    return [pod["status"]["phase"] for pod in pods if pod["metadata"]["name"].startswith(prefix)]


def used(cluster, node):
    return int(cluster.ssh(node, "df -P /var/lib/docker").out.splitlines()[1].split()[4].rstrip("%"))


@test("E01: the file is missing, logs are large; a rotation frees the disk, and DiskPressure goes some time after")
def _():
    node = "nks-prod-docker-worker-1"
    with Nodes("e01", *SCALE) as cluster:
        assert cluster.ssh(node, f"sudo -n test -f {FILE}").code == 1
        assert used(cluster, node) >= 85 and condition(cluster, node, "DiskPressure") == "True"
        big = cluster.ssh(node, "sudo -n find /var/lib/docker/containers -xdev -name '*-json.log' -size +1048576k "
                                "-printf '%k KiB %p\\n'").out.splitlines()
        assert len(big) == 12 and all(line.endswith("-json.log") for line in big), big
        assert cluster.ssh(node, ROOTLY + f"install -m 0644 -o root -g root /dev/stdin {FILE}", stdin=rotation()).code == 0
        looked = cluster.ssh(node, ROOTLY + f"logrotate -d {FILE}")
        assert looked.code == 0 and "log needs rotating" in looked.err and used(cluster, node) >= 85, looked
        assert cluster.ssh(node, ROOTLY + f"logrotate -f {FILE}").code == 0
        assert used(cluster, node) < 50
        wait_for(lambda: condition(cluster, node, "DiskPressure") == "False", what="no DiskPressure any more")
        taints = cluster.get("/api/v1/nodes/" + node)["spec"].get("taints", [])
        assert not any("disk-pressure" in taint["key"] for taint in taints), taints


@test("a rotation needs room for a copy: without it nothing is cut; with delaycompress nothing is freed")
def _():
    node = "nks-prod-docker-worker-1"
    with Nodes("e01", *SCALE) as cluster:
        cluster.ssh(node, ROOTLY + f"install -m 0644 /dev/stdin {FILE}", stdin=rotation())
        cluster.node(node, machine={"filesystems": {"/": {"used": 39 << 30}}})
        failed = cluster.ssh(node, ROOTLY + f"logrotate -f {FILE}")
        assert failed.code == 1 and "No space left on device" in failed.err, failed
        cluster.node(node, machine={"filesystems": {"/": {"size": 400 << 30}}})
        before = int(cluster.ssh(node, "df -P /").out.splitlines()[1].split()[2])
        text = rotation().replace("compress\n", "compress\n    delaycompress\n", 1)
        cluster.ssh(node, ROOTLY + f"install -m 0644 /dev/stdin {FILE}", stdin=text)
        assert cluster.ssh(node, ROOTLY + f"logrotate -f {FILE}").code == 0
        assert abs(int(cluster.ssh(node, "df -P /").out.splitlines()[1].split()[2]) - before) < 1024


@test("E02: the same, a different, a missing file, and a node that refuses connections")
def _():
    with Nodes("e02", *SCALE) as cluster:
        answers = [cluster.ssh(f"nks-prod-docker-worker-{i}", "sudo -n sha256sum " + FILE) for i in range(5)]
        assert answers[0].out == answers[1].out != answers[2].out, answers
        assert cluster.ssh("nks-prod-docker-ubuntu-0", "sudo -n cat " + FILE).out == rotation()
        assert cluster.ssh("nks-prod-docker-worker-0", "sudo -n cat " + FILE).out == rotation()
        assert answers[3].code == 1 and "No such file or directory" in answers[3].err, answers[3]
        assert answers[4].code == 255 and "Connection refused" in answers[4].err, answers[4]


@test("E04: the sandbox image cannot be pulled; from the internal registry and tagged it is there, and pods start")
def _():
    with Nodes("e04", *SCALE) as cluster:
        assert set(phases(cluster, "shop", "pricing-")) == {"Pending"}
        nodes = ("nks-prod-closed-0", "nks-prod-closed-1")
        failed = cluster.ssh(nodes[0], ROOTLY + "ctr -n k8s.io images pull k8s.gcr.io/pause:3.7")
        assert failed.code == 1 and "i/o timeout" in failed.err, failed
        mirror = "harbor-kr1.cloud.toastoven.net/container_service/pause:3.7"
        for node in nodes:
            assert "pause" not in cluster.ssh(node, "sudo -n crictl images").out
            # Tagged where the kubelet does not look, it is of no use.
            assert cluster.ssh(node, f"sudo -n ctr images pull {mirror}").code == 0
            assert "pause" not in cluster.ssh(node, "sudo -n ctr -n k8s.io images ls -q").out
            assert cluster.ssh(node, ROOTLY + f"ctr -n k8s.io images pull {mirror}").code == 0
            assert cluster.ssh(node, "sudo -n crictl inspecti k8s.gcr.io/pause:3.7").code == 1
            assert cluster.ssh(node, ROOTLY + f"ctr -n k8s.io images tag {mirror} k8s.gcr.io/pause:3.7").code == 0
            assert "k8s.gcr.io/pause:3.7" in cluster.ssh(node, "sudo -n ctr -n k8s.io images ls -q").out
        wait_for(lambda: phases(cluster, "shop", "pricing-") == ["Running"] * 3, what="pricing runs")
        assert cluster.ssh(nodes[0], "sudo -n ctr -n k8s.io images rm k8s.gcr.io/pause:3.7").code == 0
        assert "k8s.gcr.io/pause" not in cluster.ssh(nodes[0], "sudo -n crictl images").out


@test("E07: dead cgroups; an argument for the next boot, a reboot, another boot id, and pods start")
def _():
    node = "nks-prod-centos-worker-1"
    with Nodes("e07", *SCALE) as cluster:
        def boot():
            return cluster.get("/api/v1/nodes/" + node)["status"]["nodeInfo"]["bootID"]

        groups = cluster.ssh(node, "cat /proc/cgroups").out
        assert "memory\t6\t65535\t1" in groups, groups
        assert cluster.ssh(node, "stat --file-system --format=%T /sys/fs/cgroup").out == "tmpfs\n"
        add = ROOTLY + "grubby --update-kernel=ALL --args=cgroup.memory=nokmem"
        assert cluster.ssh(node, add).code == 0 and cluster.ssh(node, add).code == 0
        info = cluster.ssh(node, "sudo -n grubby --info=ALL").out
        assert info.count("cgroup.memory=nokmem") == 1, info
        assert "nokmem" not in cluster.ssh(node, "cat /proc/cmdline").out
        assert cluster.ssh(node, "systemctl reboot").code == 1, "not without sudo"
        before = boot()
        assert cluster.ssh(node, ROOTLY + "systemctl reboot").code in (0, 255)
        wait_for(lambda: boot() != before, what="another boot id")
        wait_for(lambda: condition(cluster, node, "Ready") == "True", what="Ready")
        assert "cgroup.memory=nokmem" in cluster.ssh(node, "cat /proc/cmdline").out
        assert cluster.ssh(node, "cat /proc/sys/kernel/random/boot_id").out == boot() + "\n"
        assert "memory\t6\t402\t1" in cluster.ssh(node, "cat /proc/cgroups").out
        wait_for(lambda: phases(cluster, "batch", "render-") == ["Running"] * 2, what="render runs")


@test("a node that reboots is not Ready, and refuses connections until it is back")
def _():
    node = "nks-prod-default-worker-3"
    with Nodes("healthy", "--time-scale", "1") as cluster:     # it is away for nine seconds
        cluster.ssh(node, "sudo -n systemctl reboot")
        wait_for(lambda: condition(cluster, node, "Ready") == "Unknown", what="NotReady")
        assert "Connection refused" in cluster.ssh(node, "true").err
        wait_for(lambda: condition(cluster, node, "Ready") == "True", what="Ready")
        back = cluster.ssh(node, "true")
        assert back.code == 0, back
        reasons = [event["reason"] for event in cluster.get("/api/v1/events")["items"]
                   if event["involvedObject"]["name"] == node]
        assert {"NodeNotReady", "Rebooted", "NodeReady"} <= set(reasons), reasons


@test("a kubelet that is stopped leaves its node NotReady, and started anew makes it Ready")
def _():
    node = "nks-prod-default-worker-3"
    with Nodes("healthy", *SCALE) as cluster:
        cluster.ssh(node, "sudo -n systemctl stop kubelet")
        assert condition(cluster, node, "Ready") == "Unknown"
        assert cluster.ssh(node, "sudo -n systemctl restart kubelet").code == 0
        assert condition(cluster, node, "Ready") == "True"


@test("Ubuntu: update-grub takes the settings' words into the next boot")
def _():
    node = "nks-prod-default-worker-0"
    with Nodes("healthy", *SCALE) as cluster:
        old = cluster.ssh(node, "cat /etc/default/grub").out
        new = old.replace('GRUB_CMDLINE_LINUX="', 'GRUB_CMDLINE_LINUX="cgroup.memory=nokmem ')
        assert old != new
        cluster.ssh(node, "sudo -n install -m 0644 /dev/stdin /etc/default/grub", stdin=new)
        assert cluster.ssh(node, "grubby --info=ALL").code == 127
        assert cluster.ssh(node, "update-grub").code == 1
        assert "done" in cluster.ssh(node, "sudo -n update-grub").err
        cluster.node(node, reboot=True)
        assert "cgroup.memory=nokmem" in cluster.ssh(node, "cat /proc/cmdline").out


@test("E09: rpc.statd before rpcbind stays unregistered; the other way round it is, mounts go on, and stop on undo")
def _():
    node = "nks-prod-default-worker-4"
    with Nodes("e09", *SCALE) as cluster:
        assert cluster.ssh(node, "systemctl is-active rpcbind rpc-statd").out == "inactive\nfailed\n"
        assert cluster.ssh(node, "rpcinfo -p 127.0.0.1").code == 1
        refused = cluster.ssh(node, "systemctl restart rpcbind")
        assert refused.code == 1 and "authentication required" in refused.err, refused
        assert cluster.ssh(node, ROOTLY + "systemctl restart rpc-statd").code == 1
        assert cluster.ssh(node, ROOTLY + "systemctl restart rpcbind").code == 0
        assert "100024" not in cluster.ssh(node, "rpcinfo -p 127.0.0.1").out
        assert set(phases(cluster, "shop", "media-")) == {"Pending"}
        assert cluster.ssh(node, ROOTLY + "systemctl restart rpc-statd").code == 0
        assert " 100024    1   tcp" in cluster.ssh(node, "rpcinfo -p 127.0.0.1").out
        assert cluster.ssh(node, "rpcinfo -u 127.0.0.1 100024").code == 0
        wait_for(lambda: phases(cluster, "shop", "media-") == ["Running"] * 2, what="media runs")
        assert cluster.ssh(node, "systemctl is-enabled rpc-statd").out == "disabled\n"
        assert cluster.ssh(node, "sudo -n systemctl enable rpc-statd").code == 0
        assert cluster.ssh(node, "systemctl is-enabled rpc-statd").out == "enabled\n"
        cluster.ssh(node, "sudo -n systemctl restart rpcbind")
        assert cluster.ssh(node, "rpcinfo -u 127.0.0.1 100024").code == 1, "rpcbind forgot it"
        assert cluster.get("/sim/nodes/" + node)["rpc-statd"] == "inactive"


@test("a zombie is seen, and gone when its unit is started anew")
def _():
    node = "nks-prod-default-worker-2"
    with Nodes("healthy", *SCALE) as cluster:
        cluster.node(node, machine={"processes": [{"pid": 991, "state": "Z", "command": "rpc.statd"}]})
        assert "Z    rpc.statd <defunct>" in cluster.ssh(node, "ps -C rpc.statd -o pid=,stat=,comm=").out
        cluster.ssh(node, "sudo -n systemctl restart rpc-statd")
        assert "defunct" not in cluster.ssh(node, "ps -C rpc.statd -o pid=,stat=,comm=").out


@test("mended by facts from outside, the machine is what they say")
def _():
    node = "nks-prod-default-worker-4"
    with Nodes("e09", *SCALE) as cluster:
        assert cluster.node(node, facts={"rpc-statd": "active"}) == {"rpc-statd": "active"}
        assert cluster.ssh(node, "systemctl is-active rpcbind rpc-statd").code == 0


@test("healthy: no node shows a fault")
def _():
    with Nodes("healthy", *SCALE) as cluster:
        for i in range(0, 12, 5):
            node = f"nks-prod-default-worker-{i}"
            assert int(cluster.ssh(node, "df -P /").out.splitlines()[1].split()[4].rstrip("%")) < 85
            assert cluster.ssh(node, "systemctl is-active kubelet containerd rpcbind rpc-statd").out == "active\n" * 4
            assert "registry.k8s.io/pause:3.6" in cluster.ssh(node, "sudo -n ctr -n k8s.io images ls -q").out


@test("a full disk: an install in place leaves neither file; beside it and renamed, the old one stays")
def _():
    node = "nks-prod-default-worker-1"
    with Nodes("healthy", *SCALE) as cluster:
        cluster.ssh(node, "sudo -n install -m 0644 /dev/stdin /etc/one", stdin="old\n")
        cluster.node(node, machine={"filesystems": {"/": {"used": 107361579008}}})
        beside = cluster.ssh(node, "sudo -n install -m 0644 /dev/stdin /etc/.one~", stdin="new\n")
        assert beside.code == 1 and "No space left on device" in beside.err, beside
        assert cluster.ssh(node, "cat /etc/one").out == "old\n"
        assert cluster.ssh(node, "sudo -n install -m 0644 /dev/stdin /etc/one", stdin="new\n").code == 1
        assert cluster.ssh(node, "cat /etc/one").out == ""
        wait_for(lambda: condition(cluster, node, "DiskPressure") == "True", what="DiskPressure")


@test("faults: silence, a connection that breaks before or after the effect, a signal, another status")
def _():
    node = "nks-prod-default-worker-1"
    with Nodes("healthy", *SCALE) as cluster:
        cluster.node(node, ssh={"commands": [
            {"match": "touch /tmp/before", "drop": "before"}, {"match": "touch /tmp/after", "drop": "after"},
            {"match": "uname *", "signal": "KILL"}, {"match": "hostname", "exit": 7, "out": "made up\n", "times": 0}]})
        assert cluster.ssh(node, "touch /tmp/before").code == 255
        assert cluster.ssh(node, "sudo -n timeout 5 env LC_ALL=C touch /tmp/after").code == 255
        assert cluster.ssh(node, "ls /tmp").out == "after\n"
        assert cluster.ssh(node, "touch /tmp/before").code == 0, "once only"
        assert cluster.ssh(node, "uname -r").code == 255 and cluster.ssh(node, "uname -r").code == 0
        for _i in range(2):
            answer = cluster.ssh(node, "hostname")
            assert (answer.code, answer.out) == (7, "made up\n"), answer
        cluster.node(node, ssh={"commands": None, "silent": True})
        began = time.monotonic()
        assert cluster.ssh(node, "true", "-o", "ConnectTimeout=1").code == 255 and time.monotonic() - began >= 0.9
        cluster.node(node, ssh={"silent": None, "refuse": True})
        assert "Connection refused" in cluster.ssh(node, "true").err
        cluster.node(node, ssh={"refuse": None})
        back = cluster.ssh(node, "hostname")
        assert back.out == node + "\n", back


@test("faults: sudo that wants a password, for all commands or for some; sudo -l tells beforehand")
def _():
    node = "nks-prod-default-worker-1"
    with Nodes("healthy", *SCALE) as cluster:
        cluster.node(node, ssh={"sudo": {"refused": ["systemctl reboot"]}})
        refused = cluster.ssh(node, ROOTLY + "systemctl reboot")
        assert refused.code == 1 and refused.err == "sudo: a password is required\n", refused
        assert cluster.ssh(node, "sudo -n -l systemctl reboot").code == 1
        asked = cluster.ssh(node, "sudo -n -l systemctl restart rpcbind")
        assert (asked.code, asked.out) == (0, "/usr/bin/systemctl restart rpcbind\n"), asked
        cluster.node(node, ssh={"sudo": "no"})
        assert cluster.ssh(node, "sudo -n cat /etc/hosts").err == "sudo: a password is required\n"


@test("slow answers take their time, and timeout ends what takes longer")
def _():
    node = "nks-prod-default-worker-1"
    with Nodes("healthy", *SCALE) as cluster:
        cluster.node(node, ssh={"slow": 700})
        began = time.monotonic()
        assert cluster.ssh(node, "true").code == 0 and time.monotonic() - began >= 0.7
        began = time.monotonic()
        assert cluster.ssh(node, "timeout 1 sleep 3600").code == 124 and time.monotonic() - began < 600


@test("what was written before something takes its time comes before it")
def _():
    with Nodes("healthy", *SCALE) as cluster:
        process = subprocess.Popen(cluster.ssh_command("nks-prod-default-worker-1", "echo a; sleep 6; echo b"),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        first = process.stdout.readline(), time.monotonic()
        second = process.stdout.readline(), time.monotonic()
        assert (first[0], second[0], process.wait(90)) == ("a\n", "b\n", 0) and second[1] - first[1] > 0.8


@test("another host key under the same name: ssh refuses")
def _():
    with Nodes("healthy", *SCALE) as cluster:
        cluster.node("nks-prod-default-worker-1", ssh={"newHostKey": True})
        changed = cluster.ssh("nks-prod-default-worker-1", "true")
        assert changed.code == 255 and "HOST IDENTIFICATION HAS CHANGED" in changed.err, changed


@test("a node that joins gets a port and its lines in ssh_config; one that is deleted refuses, and made anew is another")
def _():
    with Nodes("healthy", *SCALE) as cluster:
        cluster.post("/sim/nodes", {"name": "nks-prod-default-worker-77", "group": "default-worker"})
        wait_for(lambda: cluster.ssh("nks-prod-default-worker-77", "true").code == 0, what="the new node answers")
        cluster.ssh("nks-prod-default-worker-5", "touch /tmp/old")
        cluster.delete("/api/v1/nodes/nks-prod-default-worker-5")
        wait_for(lambda: "Connection refused" in cluster.ssh("10.0.0.26", "true").err, what="the deleted node refuses")
        # Made anew under the same name it is another machine: with an empty disk, and a key that nobody has seen.
        cluster.post("/sim/nodes", {"name": "nks-prod-default-worker-5", "group": "default-worker"})
        wait_for(lambda: "HOST IDENTIFICATION HAS CHANGED" in cluster.ssh("nks-prod-default-worker-5", "true").err,
                 what="the new machine shows another key")
        trusted = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
        assert cluster.ssh("nks-prod-default-worker-5", "ls /tmp", *trusted).out == ""


@test("a hundred nodes: the simulator is ready soon, and a hundred connections cost little")
def _():
    with Nodes("scale", "--nodes", "100", "--pods", "200") as cluster:
        with open(f"/proc/{cluster.process.pid}/stat", encoding="ascii") as file:
            used = sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
        assert used < 10, f"{used} s of CPU"
        status = f"/proc/{cluster.process.pid}/status"

        def anonymous():
            with open(status, encoding="ascii") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))

        before = anonymous()
        for i in range(0, 100, 10):
            assert cluster.ssh(f"nks-prod-default-worker-{i}", "cat /etc/hostname").code == 0
        assert anonymous() - before < 10 * 600, (before, anonymous())


run()
