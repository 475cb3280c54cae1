"""A gallery of bad notebooks: each gets exactly its verdict, in time, with nothing left over."""

import time
from dataclasses import replace

import nbformat
import pytest

from energykit.notebooks import Options, run
from tests.notebooks.gallery import CODES, GALLERY, running_in, write


@pytest.mark.parametrize("name", GALLERY)
def test_a_bad_notebook_gets_its_verdict(name, tmp_path, options):
    source, metadata, status, why = GALLERY[name]
    source = source.replace("SOURCE", (tmp_path / "bad" / "notebooks").as_posix())
    path = write(
        tmp_path / "bad" / "notebooks" / "bad.ipynb",
        ("before = 1", {}),
        (source, metadata),
        ("after = 1", {}),
    )
    start = time.monotonic()
    is_flood = why.endswith("20 MB")
    report = run([path], replace(options, cell_s=15) if is_flood else options)
    assert time.monotonic() - start < 25
    (verdict,) = report.notebooks
    assert (verdict.status, report.exit_code) == (status, CODES[status]), repr(report)
    assert why in verdict.reason
    assert running_in(tmp_path) == []
    cells = [cell.status for cell in verdict.cells]
    assert cells == (["passed"] * 3 if status == "leaked" else ["passed", status, "not-run"])
    limits = f"--cell-timeout {15 if is_flood else 2} --notebook-timeout 30"
    assert repr(report).endswith(f"again: energykit notebooks run {path} {limits}")


@pytest.mark.parametrize("name", ["time-out", "kernel killed", "forked child", "flood of 100 MB"])
def test_a_fresh_kernel_gets_the_same_verdict(name, tmp_path, options):
    source, metadata, status, why = GALLERY[name]
    path = write(tmp_path / "bad" / "notebooks" / "bad.ipynb", (source, metadata))
    why = why.replace("a fork of the kernel's process", "left running: ")
    (verdict,) = run([path], replace(options, fresh=True, cell_s=4)).notebooks
    assert verdict.status == status, verdict.reason
    assert why.replace("2 s", "4 s") in verdict.reason
    assert running_in(tmp_path) == []


def test_a_notebook_without_cells_passes(tmp_path, options):
    report = run([write(tmp_path / "notebooks" / "empty.ipynb")], options)
    assert report.ok, repr(report)


def test_a_notebook_that_takes_its_folder_away_leaves_the_others_their_verdicts(tmp_path, options):
    bad = write(tmp_path / "notebooks" / "bad.ipynb", ("import shutil\nshutil.rmtree('..')", {}))
    good = write(tmp_path / "notebooks" / "good.ipynb", ("1", {}))
    first, second = run([bad, good], options).notebooks
    assert (first.status, second.status) == ("failed", "passed")
    assert len(first.cells) == 1


def test_a_notebook_of_another_language_is_refused_alone(tmp_path, options):
    path = write(tmp_path / "notebooks" / "r.ipynb", ("1 + 1", {}))
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(notebook, path)
    good = write(tmp_path / "notebooks" / "good.ipynb", ("1", {}))
    report = run([path, good], options)
    assert [one.status for one in report.notebooks] == ["refused", "passed"]
    assert report.notebooks[0].why.startswith(
        "its language is 'r', and no kernel for it is installed → installed are "
    )
    assert report.exit_code == 2


def test_notebooks_run_side_by_side_in_folders_of_their_own(tmp_path, options):
    meet = tmp_path / "meet"
    meet.mkdir()
    claim = "assert not os.path.exists('mine')\nopen('mine', 'w').close()"
    come = f"os.mkdir(os.path.join({str(meet)!r}, str(os.getpid())))"
    wait = f"while len(os.listdir({str(meet)!r})) < 2:\n    time.sleep(0.05)"
    source = f"import os, time\n{claim}\n{come}\n{wait}"
    paths = [write(tmp_path / "notebooks" / f"{name}.ipynb", (source, {})) for name in "ab"]
    chosen = Options(out=options.out, jobs=2, allow=frozenset({"files"}))
    report = run(paths, chosen)  # each waits for the other
    assert report.ok, repr(report)
    assert len({one.folder for one in report.notebooks}) == 2
    assert sorted(path.name for path in (tmp_path / "notebooks").iterdir()) == [
        "a.ipynb",
        "b.ipynb",
    ]
