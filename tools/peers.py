"""Run folders of foreign notebooks and print a table: file, its tests' expectation, our verdict.

python tools/peers.py NAME=FOLDER … [--jobs N] [--cell-timeout S]

NAME is a peer whose tests' expectations are in ``EXPECTED``; any other folder is run without. The
notebooks are fetched by whoever runs this, and are not part of the project. The expectations were
read in the peers' own tests: papermill of 2026-01-05 (`test_execute.py` and others), nbclient
0.11.0 (`test_client.py`), nbmake 1.5.5 (`test_nb_run.py`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from energykit.notebooks import NotebookVerdict, Options, run

EXPECTED = {
    "papermill": {
        "fails": ("broken1", "broken2", "keyboard_interrupt", "line_magic_error", "sysexit1"),
        "passes": (
            *("blank-vscode", "nb_version_4.4", "no_parameters", "read_check"),
            *("report_mode_test", "simple_execute", "sysexit", "sysexit0", "systemexit"),
        ),
        "is read": (
            *("complex_parameters", "gcs-simple_notebook", "notimplemented_translator"),
            *("s3-simple_notebook", "test_autosave", "test_logging", "test_notebooknode_io"),
        ),
    },
    "nbclient": {
        "fails": ("Autokill", "Error"),
        "passes": (
            *("Check History in Memory", "Clear Output", "Empty Cell", "Factorials", "HelloWorld"),
            *("Inline Image", "JupyterWidgets", "Other Comms", "Parallel Execute A"),
            *("Parallel Execute B", "SVG", "Skip Exceptions with Cell Tags", "Sleep1s", "Unicode"),
            *("Skip Execution with Cell Tag", "UnicodePy3", "update-display-id"),
        ),
        "fails, or goes on by an option": ("Disable Stdin", "Interrupt", "Skip Exceptions"),
    },
    "nbmake": {
        "fails": (
            *("import_errs", "magic_error", "post_cell_execute_error"),
            "post_cell_execute_masked_error",
        ),
        "passes": ("empty", "ignore_tag", "mock", "post_cell_execute", "raises_tag"),
    },
}
"""What a peer's own tests expect of a notebook, by the notebook's name."""
UNUSED = "does not appear"
"""What is said of a notebook that a peer's tests neither run nor read."""
LONGEST = 110


def table(name: str, folder: Path, options: Options) -> tuple[list[str], Counter[str]]:
    """Return the rows of one folder, and how many agree, differ or have no expectation."""
    paths = sorted(path for path in folder.rglob("*.ipynb") if "/." not in path.as_posix())
    verdicts = run(paths, options).notebooks
    agreements = Counter(agreement(name, one) for one in verdicts)
    return [row(name, one) for one in verdicts], agreements


def expectation(name: str, verdict: NotebookVerdict) -> str:
    """Return what a peer's tests expect of a notebook."""
    stem = Path(verdict.path).stem
    kinds = EXPECTED.get(name, {})
    return next((kind for kind, stems in kinds.items() if stem in stems), UNUSED)


def agreement(name: str, verdict: NotebookVerdict) -> str:
    """Return whether a verdict is as a peer's tests expect."""
    expected = expectation(name, verdict)
    if not expected.startswith(("fails", "passes")):
        return "without expectation"
    return "as expected" if verdict.ok == (expected == "passes") else "otherwise"


def row(name: str, verdict: NotebookVerdict) -> str:
    """Return the row of one notebook."""
    differs = agreement(name, verdict) == "otherwise"
    why = (verdict.reason or "; ".join(verdict.remarks)).replace("|", "\\|").replace("\n", " ")
    short = why if len(why) <= LONGEST else f"{why[:LONGEST]}…"
    cells = [
        f"{name} `{Path(verdict.path).name}`",
        expectation(name, verdict),
        verdict.status,
        f"{'≠ ' * differs}{short}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Run the folders and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cell-timeout", type=float, default=20)
    given = parser.parse_args()
    print("| notebook | in its tests | our verdict | why |\n| --- | --- | --- | --- |")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="ek-peers-") as out:
        options = Options(out=Path(out), jobs=given.jobs, cell_s=given.cell_timeout, notebook_s=120)
        for folder in given.folders:
            name, _, path = folder.rpartition("=")
            rows, agreements = table(name or Path(path).name, Path(path), options)
            counts += agreements
            print("\n".join(rows), flush=True)
    print("\n" + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
