#!/usr/bin/python3
"""The catalogues of short texts: complete, none left over, and true to the places that a text names."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from catalogue import LANGUAGES, catalogue, entries, template  # noqa: E402
from tap import run, test  # noqa: E402


def wanted():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nks-triage.pot")
        template(path)
        return entries(path)


def list_of(texts):
    return "\n".join(sorted(texts)) + "\n(tests/lib/catalogue.py brings the catalogues up to date)"


WANTED = wanted()
for language in LANGUAGES:
    @test(f"{language}: every text is translated, none is fuzzy, none is left over")
    def _(language=language):
        have = entries(catalogue(language))
        missing = [text for text in WANTED if not have.get(text, ("", False))[0]]
        assert not missing, f"{len(missing)} without a translation:\n" + list_of(missing)
        fuzzy = [text for text, (_, is_fuzzy) in have.items() if is_fuzzy]
        assert not fuzzy, "fuzzy:\n" + list_of(fuzzy)
        gone = [text for text in have if text not in WANTED]
        assert not gone, "no source says any more:\n" + list_of(gone)

    @test(f"{language}: msgfmt finds nothing to say")
    def _(language=language):
        done = subprocess.run(["msgfmt", "--check", "--check-header", "-o", "/dev/null", catalogue(language)],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr

    @test(f"{language}: a translation has the places of its text, and its spaces at the ends")
    def _(language=language):
        wrong = []
        for text, (translation, _) in entries(catalogue(language)).items():
            places = [sorted(re.findall(r"\{\w+\}|%[-+ 0-9.*]*(?:ll|z)?[a-z]", each)) for each in (text, translation)]
            ends = [(each[:1].isspace(), each[-1:].isspace()) for each in (text, translation)]
            if translation and (places[0] != places[1] or ends[0] != ends[1]):
                wrong.append(f"{text!r} -> {translation!r}")
        assert not wrong, "\n".join(wrong)

run()
