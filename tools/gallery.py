"""Write docs/runner-gallery.md: what the runner and papermill say of each bad notebook.

    python tools/gallery.py      run every one through both (some minutes); `make gallery`

Papermill gets a guard of 15 s, because some notebooks would keep it forever.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil

from energykit.errors import UsageError
from energykit.notebooks import Options, run
from energykit.notebooks.process.marked_processes import MARK, end, new_mark

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests/notebooks"
GUARD_S = 15.0
CELL_S = 2
LONGEST = 150
PLACE = "bad/notebooks/bad.ipynb"
"""Where a bad notebook lies in the folder of who runs it."""
HEAD = """\
# The gallery: bad notebooks, and who notices

Made by `make gallery`; each row is a notebook of the runner's tests. A cell before it and a cell
behind it do nothing. Both were given {cell} s for a cell (floods 15 s); papermill {papermill} was
stopped after {guard:g} s where it did not end by itself. "Left over" are processes that still ran
when the command had ended.

{columns}
"""
COLUMNS = (
    *("notebook", "energykit says", "exit", "s"),
    *("papermill says", "exit", "s", "cells it marks completed", "left over"),
)
RECORDS = "import energykit as ek\nvalue = 2.5\nek.record('mean', value)"
FIGURE = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 4, 9])"
PARAMETERS = ("count = 3", {"tags": ["parameters"]})


@dataclass(frozen=True)
class Bad:
    """A bad notebook."""

    name: str
    cells: list[tuple[str, dict[str, Any]]]
    blessed: list[tuple[str, dict[str, Any]]] | None = None
    parameters: tuple[str, str] | None = None
    cell_s: int = CELL_S
    times_out: bool = False
    """Whether the limit of a cell is what ends it."""


def gallery() -> list[Bad]:
    """Return those of the tests, and those that need expectations or parameters."""
    known = runpy.run_path(str(TESTS / "test_gallery.py"))["GALLERY"]
    around = [("before = 1", {})], [("after = 1", {})]
    found = [
        Bad(
            name,
            [*around[0], (source.strip(), metadata), *around[1]],
            cell_s=15 if why.endswith("20 MB") else CELL_S,
            times_out=status == "timed-out",
        )
        for name, (source, metadata, status, why) in known.items()
    ]
    expected = [(RECORDS, {}), (FIGURE, {})]
    return [
        *found,
        Bad("missing record", [("1", {}), (FIGURE, {})], expected),
        Bad("changed value", [(RECORDS.replace("2.5", "2.6"), {}), (FIGURE, {})], expected),
        Bad("changed figure", [(RECORDS, {}), (FIGURE.replace("9", "8"), {})], expected),
        Bad("agg loses figures", [("import matplotlib\nmatplotlib.use('agg')", {}), (FIGURE, {})]),
        Bad("typo in a parameter", [PARAMETERS, ("count", {})], parameters=("cuont", "5")),
        Bad("parameter of another type", [PARAMETERS, ("count", {})], parameters=("count", "007")),
    ]


def at(bad: Bad, folder: Path) -> Bad:
    """Return a bad notebook that knows where it lies."""
    place = (folder / PLACE).parent.as_posix()
    return replace(
        bad, cells=[(source.replace("SOURCE", place), metadata) for source, metadata in bad.cells]
    )


def write(path: Path, cells: list[tuple[str, dict[str, Any]]]) -> None:
    """Write a notebook whose cells keep their ids."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{number}", metadata=metadata)
        for number, (source, metadata) in enumerate(cells, 1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def ours(bad: Bad, folder: Path, *, fresh: bool = False) -> tuple[str, int, float]:
    """Return what energykit says, its exit code, its seconds."""
    path = folder / PLACE
    options = Options(out=folder / "out", cell_s=bad.cell_s, notebook_s=60, fresh=fresh)
    if bad.blessed:
        from energykit.cli import main as command  # only here

        write(path, bad.blessed)
        command(["notebooks", "bless", str(path), "--out", str(folder / "out")])
    write(path, bad.cells)
    begin = time.monotonic()
    try:
        given = {bad.parameters[0]: bad.parameters[1]} if bad.parameters else {}
        report = run([path], Options(**{**vars(options), "parameters": given}))
    except UsageError as exc:
        return f"refused: {exc.what} → {exc.hint}", exc.exit_code, time.monotonic() - begin
    (verdict,) = report.notebooks
    return f"{verdict.status}: {verdict.reason}", report.exit_code, time.monotonic() - begin


def papermill(bad: Bad, folder: Path) -> tuple[str, str, float, str, str]:
    """Return what papermill says, its exit code, seconds, completed cells, and what it left."""
    path = folder / PLACE
    write(path, bad.cells)
    mark, output = new_mark(), folder / "papermill.ipynb"
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        "--execution-timeout",
        str(bad.cell_s),
    ]
    command += ["-p", *bad.parameters] if bad.parameters else []
    begin = time.monotonic()
    log = (folder / "papermill.log").open("wb")
    with (
        log,
        subprocess.Popen(
            [*command, str(path), str(output)],
            cwd=path.parent,
            stdout=log,
            stderr=log,
            env={**os.environ, MARK: mark},
        ) as process,
    ):
        try:
            code = str(process.wait(GUARD_S))
        except subprocess.TimeoutExpired:
            process.kill()
            code = "never"
    seconds = time.monotonic() - begin
    left = len(end(mark)) + ended_in(folder)
    said = (
        (folder / "papermill.log")
        .read_text(encoding="utf-8", errors="replace")[-20_000:]
        .strip()
        .splitlines()
    )
    return said_by(said, code), code, seconds, completed(output), f"{left}" if left else ""


def ended_in(folder: Path) -> int:
    """End the processes that still run in a folder and return how many there were."""
    found = [
        one
        for one in psutil.process_iter(["cwd"])
        if (one.info["cwd"] or "").startswith(str(folder))
    ]
    for one in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(found)
    return len(found)


def said_by(lines: list[str], code: str) -> str:
    """Return the last line that means something."""
    if code == "never":
        return f"did not end within {GUARD_S:g} s"
    words = [line.strip() for line in lines if line.strip()]
    errors = [line for line in words if re.match(r"(\w+\.)*\w*(Error|Exception|Exit)\b", line)]
    unknown = [line for line in words if "unknown parameter" in line]
    return (errors or unknown or ["nothing: success"])[-1]


def completed(output: Path) -> str:
    """Return how many of its code cells papermill marks as completed."""
    try:
        cells = json.loads(output.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return "no output"
    codes = [
        cell
        for cell in cells
        if cell["cell_type"] == "code" and "injected" not in str(cell["metadata"])
    ]
    marked = sum(
        cell["metadata"].get("papermill", {}).get("status") == "completed" for cell in codes
    )
    return f"{marked} of {len(codes)}"


def plain(text: str, folder: Path) -> str:
    """Return a text for a cell of the table: short, with no path or number of this machine."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).replace(str(folder), "…")
    text = re.sub(
        r"\b\d{3,7} (?=\S*python|sleep|a fork)",
        "",
        re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text),
    )
    text = re.sub(r"\S*/python[\d.]*", "python", text)
    text = " ".join(text.split()).replace("|", r"\|")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def main() -> int:
    """Run the gallery and write the page."""
    from importlib.metadata import version  # only here

    rows = []
    for bad in gallery():
        with tempfile.TemporaryDirectory(prefix="ek-gallery-") as name:
            here, there = Path(name).resolve() / "ours", Path(name).resolve() / "papermill"
            said, code, seconds = ours(at(bad, here), here)
            theirs, their_code, their_seconds, marked, left = papermill(at(bad, there), there)
            row = (
                bad.name,
                plain(said, here),
                code,
                f"{seconds:.1f}",
                plain(theirs, there),
                their_code,
                f"{their_seconds:.1f}",
                marked,
                left,
            )
        rows.append("| " + " | ".join(map(str, row)) + " |")
        print(rows[-1], flush=True)
    names, rules = " | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS)
    columns = f"| {names} |\n| {rules} |"
    values = {"cell": CELL_S, "guard": GUARD_S, "papermill": version("papermill")}
    head = HEAD.format(columns=columns, **values)
    target = ROOT / "docs/runner-gallery.md"
    target.write_text(head + "\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
