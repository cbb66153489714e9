"""The API's types as their sources have them: types.go and generated.proto of the Go modules of a version."""
import json
import os
import re
import subprocess

from build import require_go

PLACES = {"core": ("k8s.io/api", "core/v1"), "apps": ("k8s.io/api", "apps/v1"),
          "meta": ("k8s.io/apimachinery", "pkg/apis/meta/v1")}
SCALARS = {"string": "string", "bool": "bool", "int32": "int32", "int64": "int64", "metav1.Time": "time", "Time": "time",
           "metav1.MicroTime": "micro time", "resource.Quantity": "quantity", "intstr.IntOrString": "int or string",
           "types.UID": "string", "v1.ConditionStatus": "string"}


def module_folder(module, version):
    """Downloads the module where it is not in the module cache."""
    out = subprocess.run([require_go(), "mod", "download", "-json", f"{module}@{version}"], check=True,
                         capture_output=True, text=True, env=dict(os.environ, GOTOOLCHAIN="auto", GOFLAGS="-mod=mod")).stdout
    return json.loads(out)["Dir"]


def read(folder, *path):
    with open(os.path.join(folder, *path), encoding="utf-8") as file:
        return file.read()


class GoApi:
    def __init__(self, kubernetes):
        version = "v0." + kubernetes.split(".", 1)[1]
        self.structs, self.aliases, self.protos = {}, {}, {}
        for package, (module, folder) in PLACES.items():
            root = module_folder(module, version)
            self.read_go(package, re.sub(r"/\*.*?\*/", "", read(root, folder, "types.go"), flags=re.S))
            self.read_proto(read(root, folder, "generated.proto"))

    def read_go(self, package, text):
        for match in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", text, re.S | re.M):
            self.structs.setdefault(match[1], (package, [field for field in map(self.go_field, match[2].split("\n")) if field]))
        for match in re.finditer(r"^type (\w+) (string|map\[\w+\]\S+)$", text, re.M):
            self.aliases[match[1]] = match[2]

    @staticmethod
    def go_field(line):
        match = re.match(r"\s*(?:\w+\s+)?([\w.*\[\]]+)\s+`(.*)`", line)
        tags = match and (re.search(r'json:"([^"]*)"', match[2]), re.search(r'protobuf:"([^"]*)"', match[2]))
        if not tags or not tags[1]:
            return None
        name, *options = tags[0][1].split(",")
        return {"go": match[1], "name": name, "options": options, "number": int(tags[1][1].split(",")[1])}

    def read_proto(self, text):
        for match in re.finditer(r"^message (\w+) \{\n(.*?)^\}", text, re.S | re.M):
            self.protos.setdefault(match[1], {
                int(field[4]): (field[1] or "map", field[2], field[3]) for field in
                re.finditer(r"^  (?:(optional|repeated) )?(map<[^>]*>|[\w.]+) (\w+) = (\d+);", match[2], re.M)})

    def field(self, message, number):
        """(JSON name or "-" where it is inlined, type, shape, zero is absent, message or "-")."""
        for field in self.structs.get(message, (None, []))[1]:
            if field["number"] == number:
                return self.describe(field)
        return None

    def describe(self, field):
        go = field["go"]
        shape = "list" if go.startswith("[]") else "map" if go.startswith("map[") else "one"
        inner = re.sub(r"^map\[\w+\]|^\[\]", "", go)
        is_pointer = inner.startswith("*")
        inner = inner.lstrip("*")
        alias = self.aliases.get(inner.split(".")[-1])
        if alias and alias.startswith("map["):
            shape, inner = "map", alias.split("]")[1]
        elif alias:
            inner = "string"
        if "inline" in field["options"]:
            shape = "inline"
        base = SCALARS.get(inner)
        zero = base in ("string", "bool", "int32", "int64") and shape == "one" and not is_pointer and \
            "omitempty" in field["options"]
        return (field["name"] or "-", base or "message", shape, int(zero), "-" if base else inner.split(".")[-1])
