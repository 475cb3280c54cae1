"""Holding each cell to the outputs that are stored in its notebook, as nbval does.

What differs each time is left out (counts, traceback, pictures, widgets), texts are compared after
patterns were replaced. A cell that is not to be compared has the tag ``nbval-ignore-output``, or
``NBVAL_IGNORE_OUTPUT`` in a comment on its first line.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.notebooks.source.metadata import is_skipped, tags_of
from energykit.notebooks.verdict.executed_copy import read_copy
from energykit.notebooks.verdict.record import Difference
from energykit.notebooks.verdict.traceback_text import without_colours

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["read_sanitizers", "with_stored_outputs"]

_IGNORED = "nbval-ignore-output"
_TEXTS = ("text/plain", "text/html", "text/markdown", "application/json")
_SHOWN = 120


def read_sanitizers(file: Path) -> tuple[tuple[str, str], ...]:
    """Return patterns and their replacements of a file in nbval's format.

    Each section has a ``regex`` and a ``replace``.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, or a section lacks one of them.
    """
    parser = configparser.RawConfigParser()
    hint = "sections with 'regex: …' and 'replace: …'"
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
        return tuple((parser[name]["regex"], parser[name]["replace"]) for name in parser.sections())
    except (OSError, ValueError, configparser.Error) as exc:
        raise UsageError(f"cannot be read: {exc}", where=str(file), hint=hint) from exc
    except KeyError as exc:
        raise UsageError(f"a section has no {exc}", where=str(file), hint=hint) from exc


def with_stored_outputs(
    verdict: NotebookVerdict, notebook: Any, sanitize: Sequence[tuple[str, str]]
) -> NotebookVerdict:
    """Return a verdict that fails by each cell whose outputs are not those that are stored.

    Parameters
    ----------
    verdict
        What is known without it.
    notebook
        As it is stored.
    sanitize
        Patterns and replacements.
    """
    if verdict.status != "passed":
        return verdict
    unlike = tuple(_differences(verdict, notebook, sanitize))
    if not unlike:
        return verdict
    count = "the outputs of one cell are" if len(unlike) == 1 else f"{len(unlike)} outputs are"
    why = f"{count} not as stored: cell {unlike[0].cell}: {unlike[0].why}"
    return replace(verdict, status="failed", differences=unlike, why=why)


def _differences(
    verdict: NotebookVerdict, notebook: Any, sanitize: Sequence[tuple[str, str]]
) -> Iterator[Difference]:
    copy = read_copy(verdict)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code"]
    executed = [cell for cell in copy.cells if "injected-parameters" not in cell.tags]
    ran = {cell.number for cell in verdict.cells if cell.status == "passed"}
    kept = [cell for cell in stored if "injected-parameters" not in tags_of(cell)]
    for before, after in zip(kept, executed, strict=False):
        if after.number not in ran or is_skipped(before) or _IGNORED in tags_of(before):
            continue
        expected, actual = _texts(before.outputs, sanitize), _texts(after.outputs, sanitize)
        for kind in {**expected, **actual}:
            was, now = expected.get(kind), actual.get(kind)
            if was != now:
                name = f"{kind} of cell {after.number}"
                yield Difference(
                    kind="output",
                    name=name,
                    expected=_cut(was),
                    actual=_cut(now),
                    why=_describe(kind, was, now),
                    cell=after.number,
                )


def _describe(kind: str, was: str | None, now: str | None) -> str:
    if now is None:
        return f"{kind} was stored, and none came"
    if was is None:
        return f"{kind} came, and none was stored"
    return f"{kind} is {_cut(now)!r}, and was {_cut(was)!r}"


def _cut(text: str | None) -> str:
    return "" if text is None else text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _texts(outputs: Sequence[Any], sanitize: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return what outputs say, by its kind."""
    texts: dict[str, str] = {}
    for output in outputs:
        for kind, text in _parts(output):
            texts[kind] = texts.get(kind, "") + text
    return {kind: _sanitized(text, sanitize) for kind, text in texts.items()}


def _parts(output: Any) -> Iterator[tuple[str, str]]:
    kind = output["output_type"]
    if kind == "stream":
        yield output["name"], _joined(output["text"])
    elif kind == "error":
        yield "error", f"{output['ename']}: {output['evalue']}"
    else:
        data = output.get("data", {})
        yield from ((name, _joined(data[name])) for name in _TEXTS if name in data)


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(map(str, text))
    return text if isinstance(text, str) else repr(text)


def _sanitized(text: str, sanitize: Sequence[tuple[str, str]]) -> str:
    clean = without_colours(text)
    for pattern, replacement in sanitize:
        clean = re.sub(pattern, replacement, clean)
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", clean).strip()
