"""Generate the reference pages: Python, the command line, configuration, contract."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import energykit
from energykit.cli import main as command_line

__all__ = ["write_reference"]

ROOT = Path(__file__).resolve().parent.parent
MODULES = {
    "energykit.config": "Configurations",
    "energykit.executor": "Running a pipeline",
    "energykit.results": "Results of a run",
    "energykit.launcher": "Local services",
    "energykit.looking": "Looking at a meter's file",
    "energykit.serving": "Serving a stage",
    "energykit.meters": "Reading a meter's file",
    "energykit.artifacts": "Reading and writing a stage's file",
    "energykit.plots": "Figures",
    "energykit.scoring": "Scoring detectors",
    "energykit.contract": "Conformance",
    "energykit.experiments": "Sweeps",
    "energykit.notebooks": "The notebook runner",
    "energykit.widgets": "Widgets",
    "energykit.wire": "Bytes of a message",
    "energykit.course": "The course",
    "energykit.datasets": "Data sets",
    "energykit.report": "The report of a run",
    "energykit.checkup": "Is this machine ready?",
    "energykit.errors": "Errors",
}
"""Modules of the Python reference, each a page."""


def write_reference(folder: Path) -> list[str]:
    """Write every generated page below a folder, and return their places in order."""
    pages = {
        "reference/command-line.md": _command_line(),
        "reference/configuration.md": _configuration(),
        "reference/protocol.md": _contract(),
        "reference/import.md": _import_parameters(),
        "reference/python.md": _facade(),
    }
    pages |= {f"reference/{_stem(name)}.md": _module(name, MODULES[name]) for name in MODULES}
    for place, text in pages.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8", newline="\n")
    return list(pages)


def _stem(module: str) -> str:
    return module.removeprefix("energykit.")


def _module(name: str, title: str) -> str:
    module = import_module(name)
    parts = [f"# {title}", f"`{name}`: {_first_paragraph(module.__doc__)}"]
    parts += [f"::: {name}.{public}" for public in sorted(module.__all__, key=str.lower)]
    return "\n\n".join(parts) + "\n"


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").partition("\n\n")[0].split())


def _facade() -> str:
    """Return the page of ``import energykit as ek``: each name and where its reference is."""
    head = "# Python: `import energykit as ek`\n\n| name | what it is |\n| --- | --- |\n"
    rows = []
    for name in energykit.__all__:
        value = getattr(energykit, name)
        page = next(
            (
                f"{_stem(module)}.md"
                for module in MODULES
                if module == energykit._HOMES[name] or name in import_module(module).__all__
            ),
            "",
        )
        label = f"[`ek.{name}`]({page})" if page else f"`ek.{name}`"
        rows.append(f"| {label} | {_first_paragraph(value.__doc__)} |")
    return head + "\n".join(rows) + "\n"


def _help(*command: str) -> str:
    """Return what ``energykit COMMAND --help`` prints, 90 columns wide."""
    text = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS="90"), contextlib.redirect_stdout(text):
        command_line([*command, "--help"])
    return text.getvalue().rstrip()


def _subcommands(text: str) -> list[str]:
    """Return the commands that a help text lists below ``COMMAND`` or ``ACTION``."""
    listed = (*re.split(r"^  [A-Z]+\n", text, flags=re.MULTILINE), "")[1]
    return re.findall(r"^    ([a-z]+)(?: {2,}|$)", listed, re.MULTILINE)


def _command_line() -> str:
    top = _help()
    parts = ["# Command line", f"```text\n{top}\n```"]
    for command in _subcommands(top):
        text = _help(command)
        parts += [f"## energykit {command}", f"```text\n{text}\n```"]
        for inner in _subcommands(text):
            parts += [f"### energykit {command} {inner}", f"```text\n{_help(command, inner)}\n```"]
    return "\n\n".join(parts) + "\n"


def _configuration() -> str:
    schema = json.loads((ROOT / "config" / "pipeline.schema.json").read_text(encoding="utf-8"))
    head = (
        "# Configuration\n\nThe keys of a pipeline's JSON file, from its schema "
        "(`energykit check --schema`). "
        "An editor that knows JSON Schema completes and checks them.\n"
    )
    return "\n".join([head, *_keys(_with_references(schema, schema), "the file")])


def _with_references(value: Any, schema: dict[str, Any]) -> Any:
    """Return a part of a schema with each ``$ref`` replaced by what it names."""
    if isinstance(value, list):
        return [_with_references(part, schema) for part in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _with_references(schema["$defs"][value["$ref"].rpartition("/")[2]], schema)
    return {key: _with_references(part, schema) for key, part in value.items() if key != "$defs"}


def _keys(schema: dict[str, Any], title: str) -> list[str]:
    """Return a table of an object's keys, and one for each object below it."""
    required = set(schema.get("required", ()))
    lines = [f"## {title}\n", "| key | type | required | meaning |", "| --- | --- | --- | --- |"]
    below: list[str] = []
    for key, value in schema["properties"].items():
        mark = "yes" if key in required else ""
        meaning = value.get("description", "").replace("|", "\\|")
        lines.append(f"| `{key}` | {_type(value)} | {mark} | {meaning} |")
        for inner in _objects(value):
            below += ["", *_keys(inner, f"`{key}`")]
    return [*lines, *below]


def _objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects with keys of their own that a value may be, or may hold."""
    if "properties" in schema:
        return [schema]
    inner = [schema.get("additionalProperties"), schema.get("items"), *schema.get("anyOf", ())]
    return [found for value in inner if isinstance(value, dict) for found in _objects(value)]


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    kinds = schema.get("type", "any")
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _contract() -> str:
    parts = [
        "# Contract",
        "The messages and services on the wire; a field keeps its number forever.",
    ]
    for path in sorted((ROOT / "protos").glob("*.proto")):
        text = path.read_text(encoding="utf-8").rstrip()
        parts += [f"## {path.name}", f"```protobuf\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def _import_parameters() -> str:
    """Return the manual of the scenario ``import``, from the module that reads its parameters."""
    source = (ROOT / "energykit/meters/parameters.py").read_text(encoding="utf-8")
    text = ast.get_docstring(ast.parse(source)) or ""
    title, _, rest = text.partition("\n\n")
    return f"# The import's parameters\n\n{title}\n\n{_as_markdown(rest)}\n"


def _as_markdown(text: str) -> str:
    """Return a manual's terms and blocks, in the form of docstrings, as Markdown."""
    text = re.sub(r"``(.+?)``", r"`\1`", text)
    text = re.sub(r"^(`\w+`(?:, `\w+`)*)\n((?:(?:    .*)?\n)+)", _term, text, flags=re.MULTILINE)
    return text.replace("::\n", ":\n")


def _term(match: re.Match[str]) -> str:
    body = match[2].strip("\n").partition("\n\n")
    text = " ".join(body[0].split())
    items = [f"    {line.strip()}" for line in body[2].splitlines()]
    return "\n".join((f"- {match[1]}: {text}", *([""] if items else []), *items, "", ""))
