"""Every format of an artefact has a reader and a writer."""

import ast
import re
from importlib import import_module

import pytest

from energykit.artifacts.formats import FORMATS
from tests.project.lists.place import ROOT, place


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_reads_and_writes_a_format_exists(suffix):
    for role in (FORMATS[suffix].reader, FORMATS[suffix].writer):
        module, _, name = role.partition(":")
        file = f"{module.replace('.', '/')}.py"
        row = place("energykit/artifacts/formats.py", role)
        assert (ROOT / file).is_file(), f"{file}:1: write it, with {name}; {row} names it"
        assert hasattr(import_module(module), name), f"{file}:1: add {name}; {row} names it"


def test_every_reader_belongs_to_a_format():
    readers = {entry.reader for entry in FORMATS.values()}
    for path in sorted((ROOT / "energykit" / "artifacts").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and re.fullmatch(r"\w+Reader", node.name):
                role = f"energykit.artifacts.{path.stem}:{node.name}"
                assert role in readers, (
                    f"{place('energykit/artifacts/formats.py', 'for entry in (')}: add\n"
                    f'Format(name="…", suffix="…", looks="…", reader="{role}", writer="…"),'
                )
