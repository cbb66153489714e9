#!/usr/bin/python3
"""The short texts of the program as xgettext finds them, and the catalogues in assets/translations.

Run as a program it brings the catalogues up to date: new texts come in untranslated, texts that are gone leave.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

CATALOGUES = "assets/translations"
LANGUAGES = ("ko", "ja")
# Which argument of a function is a text of the catalogue; N_() marks the others where they stand (probes/base/err.h).
KEYWORDS = ("translate:1 N_:1 err_set:3 err_hint:2 message_set:2 command_misused:3 refuse:2,3t refuse:3,4t "
            "set_errno:2 entry_fault:3 hint_names:3 refuse_method:4 set_failure:2 change_say:2 set_waiting:2 "
            "add_heading:2 heading:2 doctor_heading:2 doctor_say:3 doctor_say_err:2 fill_nothing:2 print_heading:2 add_pair:2 add_age:3 say:3 say_err:2 fail:2 print_pair:2 "
            "put_count:4 saved_add_failure:3").split()
# The simulator speaks to tests, kubectl and people who read its one line of JSON: English alone.
SOURCES = ("tui/*.[ch]", "widgets/*.[ch]", "probes/*/*.[ch]")


def sources():
    return sorted(path for pattern in SOURCES for path in glob.glob(pattern) if not path.startswith("probes/sim/"))


def template(path):
    """Writes what the sources say as a template to path."""
    subprocess.run(["xgettext", "--language=C", "--from-code=UTF-8", "--sort-by-file", "--no-wrap", "--add-location=file",
                    "--package-name=nks-triage", "-k", *("-k" + keyword for keyword in KEYWORDS), "-o", path, *sources()],
                   check=True, stderr=subprocess.PIPE)
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("charset=CHARSET", "charset=UTF-8")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def unquote(quoted):
    """The value of adjacent C strings as a .po file writes them."""
    pieces = re.findall(r'"((?:\\.|[^"\\])*)"', quoted)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), "".join(pieces))


def entries(path):
    """{text: (translation, fuzzy)} of a catalogue or template, without its header and what is obsolete."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            match = re.search(r'^msgid ((?:"[^\n]*"\n?)+)^msgstr ((?:"[^\n]*"\n?)+)', block + "\n", re.M)
            if match and unquote(match.group(1)):
                found[unquote(match.group(1))] = (unquote(match.group(2)), "fuzzy" in "".join(re.findall(r"^#,.*", block, re.M)))
    return found


def catalogue(language):
    return os.path.join(CATALOGUES, language + ".po")


def update():
    with tempfile.TemporaryDirectory() as folder:
        new = os.path.join(folder, "nks-triage.pot")
        template(new)
        for language in LANGUAGES:
            path = catalogue(language)
            if not os.path.exists(path):
                subprocess.run(["msginit", "--no-translator", "--no-wrap", "-l", language, "-i", new, "-o", path],
                               check=True, stderr=subprocess.DEVNULL)
            subprocess.run(["msgmerge", "--quiet", "--update", "--backup=none", "--no-fuzzy-matching", "--no-wrap",
                            "--add-location=file", "--sort-by-file", path, new], check=True)
            subprocess.run(["msgattrib", "--no-obsolete", "--no-wrap", "--add-location=file", "-o", path, path], check=True)
            missing = [text for text, (translation, _) in entries(path).items() if not translation]
            print(f"{path}: {len(entries(path))} texts, {len(missing)} without a translation")


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    sys.exit(update())
