"""Run folders of foreign notebooks and print a table: file, its tests' expectation, our verdict.

python tools/peers.py NAME=FOLDER … [--jobs N] [--cell-timeout S]

NAME is a peer whose tests' expectations stand in ``EXPECTED``; any other folder is run without. The
notebooks are fetched by whoever runs this, and are not part of the project.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from energykit.notebooks import NotebookVerdict, Options, run

FAILING = {
    "papermill": (
        *("broken", "broken1", "broken2", "keyboard_interrupt", "line_magic_error", "sysexit1"),
    ),
    "nbclient": ("Autokill", "Disable Stdin", "Error", "Interrupt", "Skip Exceptions"),
    "nbmake": (
        *(
            "import_errs",
            "magic_error",
            "post_cell_execute_error",
            "post_cell_execute_masked_error",
        ),
    ),
}
"""Notebooks that a peer's own tests expect to fail, or run with an option or a limit to go on."""
LONGEST = 110


def table(name: str, folder: Path, options: Options) -> list[str]:
    """Return the rows of one folder."""
    paths = sorted(path for path in folder.rglob("*.ipynb") if "/." not in path.as_posix())
    verdicts = run(paths, options).notebooks
    return [row(name, Path(one.path).relative_to(folder), one) for one in verdicts]


def row(name: str, path: Path, verdict: NotebookVerdict) -> str:
    """Return the row of one notebook."""
    fails = path.stem in FAILING.get(name, ())
    expected = ("fails" if fails else "passes") if name in FAILING else "unknown"
    differs = name in FAILING and fails == verdict.ok
    why = (verdict.reason or "; ".join(verdict.remarks)).replace("|", "\\|").replace("\n", " ")
    short = why if len(why) <= LONGEST else f"{why[:LONGEST]}…"
    return f"| {name} `{path.name}` | {expected} | {verdict.status} | {'≠ ' * differs}{short} |"


def main() -> int:
    """Run the folders and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cell-timeout", type=float, default=20)
    given = parser.parse_args()
    print("| notebook | its tests expect | our verdict | why |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="ek-peers-") as out:
        options = Options(out=Path(out), jobs=given.jobs, cell_s=given.cell_timeout, notebook_s=120)
        for folder in given.folders:
            name, _, path = folder.rpartition("=")
            print("\n".join(table(name or Path(path).name, Path(path), options)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
