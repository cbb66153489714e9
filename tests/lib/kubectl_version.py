"""Which kubectl is on PATH: tests run with 1.20 and newer, and a few facts began later."""
import json
import os
import re
import subprocess

KUBECTL = os.environ.get("KUBECTL", "kubectl")


def kubectl_minor():
    out = subprocess.run([KUBECTL, "version", "--client", "-o", "json"], capture_output=True, text=True).stdout
    return int(re.match(r"\d+", json.loads(out)["clientVersion"]["minor"])[0])
