"""A console with the assets of this tree, but for how long a fix must hold, and with runbooks of the tests."""
import json
import os
import shutil

from simulated import CONSOLE
from sources import ROOT


def quick_console(folder, *runbooks, hold=1):
    """Path of a console that waits so many seconds for what must stay so. It finds its assets beside it."""
    place = os.path.join(folder, "quick")
    shutil.copytree(os.path.join(ROOT, "assets"), os.path.join(place, "assets"))
    shipped = os.path.join(place, "assets", "runbooks")
    for name in os.listdir(shipped):
        path = os.path.join(shipped, name)
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        if "holdSeconds" in document.get("verify", {}):
            document["verify"]["holdSeconds"] = hold
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document, file)
    for document in runbooks:
        with open(os.path.join(shipped, document["id"] + ".json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
    program = os.path.join(place, "nks-triage")
    shutil.copy2(CONSOLE, program)
    return program
