"""What a notebook is expected to record and draw: a readable file, and how a run is held to it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.notebooks.atomic_file import write_whole
from energykit.notebooks.verdict.cell_records import read_cell_records
from energykit.notebooks.verdict.record import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = [
    "differences",
    "expected_file",
    "read_expectations",
    "with_expectations",
    "write_expectations",
]

_FIGURE_REL = 1e-9
"""Relative tolerance of the numbers in a figure: they are sums of the same data, on another
machine.
"""
_PIXELS = 2.0
"""Root mean square of pixels [1 of 255] up to which two pictures are the same."""
_SHOWN = 120
_LEAST = "figures"
"""Name in a notebook's metadata: how many figures it draws at least."""


def expected_file(notebook: Path | str, set_name: str = "") -> Path:
    """Return where the expectations of a notebook, run with a named parameter set, are kept."""
    middle = f".{set_name}" if set_name else ""
    path = Path(notebook)
    return path.with_name(f"{path.stem}{middle}.expected.json")


def read_expectations(file: Path) -> dict[str, Any] | None:
    """Return what is expected; None where there is no file.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, or holds no expectations.
    """
    if not file.is_file():
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise UsageError(
            f"cannot be read: {exc}", where=str(file), hint="energykit notebooks bless makes it"
        ) from exc
    if not isinstance(found, dict) or not {"figures", "records"} <= set(found):
        raise UsageError(
            "holds no expectations", where=str(file), hint="energykit notebooks bless makes it"
        )
    return found


def write_expectations(file: Path, evidence: dict[str, Any], folder: Path) -> None:
    """Write what a run left as what is expected from now on.

    Pictures are kept only of figures that are compared as such.

    Parameters
    ----------
    file
        See `expected_file`.
    evidence
        What the run left.
    folder
        The run's folder, with the pictures.
    """
    figures = []
    for number, figure in enumerate(evidence["figures"], 1):
        kept = {name: value for name, value in figure.items() if name != "image"}
        if figure.get("pixels"):
            kept["image"] = f"{file.name.removesuffix('.json')}.{number}.png"
            picture = (folder / "figures" / figure["image"]).read_bytes()
            write_whole(file.with_name(kept["image"]), picture)
        figures.append(kept)
    text = json.dumps(
        {"records": evidence["records"], "figures": figures}, indent=1, ensure_ascii=False
    )
    write_whole(file, f"{text}\n".encode())


def with_expectations(
    verdict: NotebookVerdict, folder: Path, notebook: Path, *, is_partial: bool = False
) -> NotebookVerdict:
    """Return a verdict with what was recorded; one that passed fails by what is not as expected.

    Parameters
    ----------
    verdict
        What is known without it.
    folder
        The run's folder.
    notebook
        The notebook; its expectations are beside it. Where there are none, its values are not
        compared.
    is_partial
        Whether only some cells ran: what is expected of the others is left out.
    """
    evidence = read_cell_records(folder)
    if evidence is None:
        return verdict
    values = {name: one["value"] for name, one in evidence["records"].items()}
    verdict = replace(verdict, records=values)
    expected = read_expectations(expected_file(notebook, verdict.set_name))
    if verdict.status != "passed" or expected is None:
        return verdict
    numbers = {cell.id: cell.number for cell in verdict.cells}
    if is_partial:
        ran = {cell.id for cell in verdict.cells if cell.status != "not-run"}
        expected = _of_cells(expected, ran)
    found = tuple(
        differences(expected, evidence, folder=folder, beside=notebook.parent, numbers=numbers)
    )
    if not found:
        return verdict
    count = "one thing is" if len(found) == 1 else f"{len(found)} things are"
    first = f"{found[0].kind} {found[0].name}: {found[0].why}"
    hint = f"energykit notebooks bless {verdict.path} accepts what it gives now"
    why = f"{count} not as expected: {first} → {hint}"
    return replace(verdict, status="failed", differences=found, why=why)


def _of_cells(expected: dict[str, Any], cells: set[str]) -> dict[str, Any]:
    """Return what is expected of some cells, by their ids."""
    records = {name: one for name, one in expected["records"].items() if one["cell"] in cells}
    figures = [one for one in expected["figures"] if one["cell"] in cells]
    return {"records": records, "figures": figures}


def differences(
    expected: dict[str, Any],
    evidence: dict[str, Any],
    *,
    folder: Path,
    beside: Path,
    numbers: dict[str, int],
) -> Iterator[Difference]:
    """Yield what is not as expected.

    Parameters
    ----------
    expected, evidence
        What the file beside the notebook says, and what a run left.
    folder
        The run's folder, with pictures in ``figures/``.
    beside
        The notebook's folder, with pictures that are expected.
    numbers
        Code cell by id.
    """
    yield from _records(expected["records"], evidence["records"], numbers)
    yield from _figures(expected["figures"], evidence["figures"], folder, beside, numbers)


def _records(
    expected: dict[str, Any], actual: dict[str, Any], numbers: dict[str, int]
) -> Iterator[Difference]:
    for name in {**expected, **actual}:
        was, now = expected.get(name), actual.get(name)
        why = ""
        if now is None:
            why = "expected, and not recorded"
        elif was is None:
            why = "recorded, and not expected"
        else:
            unlike = next(_unlike(was["value"], now["value"], now["rel"], now["abs"]), None)
            if unlike:
                tolerance = f"rel={now['rel']:g}" + (f", abs={now['abs']:g}" if now["abs"] else "")
                why = f"{unlike} ({tolerance})"
        if why:
            cell = numbers.get((now or was or {}).get("cell", ""), 0)
            yield Difference(
                kind="record", name=name, expected=_text(was), actual=_text(now), why=why, cell=cell
            )


def _text(record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    text = json.dumps(record["value"], ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _figures(
    expected: list[Any], actual: list[Any], folder: Path, beside: Path, numbers: dict[str, int]
) -> Iterator[Difference]:
    before, after = _by_place(expected), _by_place(actual)
    for place in {**before, **after}:
        was, now = before.get(place), after.get(place)
        why = ""
        if now is None:
            why = "expected, and not drawn"
        elif was is None:
            why = "drawn, and not expected"
        else:
            why = next(_unlike(was["axes"], now["axes"], _FIGURE_REL, 0.0), "") or _unlike_pixels(
                was, now, folder, beside
            )
        if why:
            image = f"figures/{now['image']}" if now and now["image"] else ""
            yield Difference(
                kind="figure",
                name=f"{place[1]} of cell {place[0]}",
                expected=_figure_titles(was),
                actual=_figure_titles(now),
                why=why,
                cell=numbers.get(place[0], 0),
                image=image,
            )


def _by_place(figures: list[Any]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return figures by their cell and their place in it, from 1."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for figure in figures:
        number = 1 + sum(cell == figure["cell"] for cell, _ in found)
        found[figure["cell"], number] = figure
    return found


def _figure_titles(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return ""
    return "; ".join(str(axes.get("title") or "no title") for axes in figure["axes"])


def _unlike(was: Any, now: Any, rel: float, absolute: float, path: str = "") -> Iterator[str]:
    """Yield where two values in JSON differ by more than a tolerance, as phrases."""
    at = f"{path}: " if path else ""
    if _is_number(was) and _is_number(now):
        if not math.isclose(was, now, rel_tol=rel, abs_tol=absolute):
            yield f"{at}it is {now!r}, and was {was!r}"
    elif isinstance(was, dict) and isinstance(now, dict):
        for key in {**was, **now}:
            below = f"{path}.{key}" if path else str(key)
            if key not in now or key not in was:
                yield f"{below} {'is new' if key in now else 'is gone'}"
            else:
                yield from _unlike(was[key], now[key], rel, absolute, below)
    elif isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            yield f"{at}there are {len(now)}, and were {len(was)}"
        for number, pair in enumerate(zip(was, now, strict=False), 1):
            yield from _unlike(*pair, rel, absolute, f"{path}[{number}]")
    elif was != now:
        yield f"{at}it is {now!r}, and was {was!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _unlike_pixels(was: dict[str, Any], now: dict[str, Any], folder: Path, beside: Path) -> str:
    if not was.get("image") or not now.get("pixels"):
        return ""
    from matplotlib.image import imread  # optional and heavy

    before, after = imread(beside / was["image"]), imread(folder / "figures" / now["image"])
    if before.shape != after.shape:
        sizes = f"{after.shape[:2]} rows and columns of pixels, and had {before.shape[:2]}"
        return f"the picture has {sizes}"
    distance = 255 * float(((before.astype(float) - after.astype(float)) ** 2).mean() ** 0.5)
    return (
        f"the picture differs by {distance:.1f} of 255 (at most {_PIXELS:g})"
        if distance > _PIXELS
        else ""
    )
