"""The course's notebooks keep the style, and nothing of what they start survives.

Each is an item of its own, too: `energykit_notebooks` in pyproject.toml. Items and tests of one
notebook share a worker and one run.
"""

from pathlib import Path

import pytest

from energykit.notebooks.rules.check import check

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [
    pytest.param(path, marks=pytest.mark.xdist_group(f"notebook {path.stem}"), id=path.stem)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
]


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_notebook_is_stored_stripped_and_keeps_the_style(path):
    assert [str(finding) for finding in check([path])] == []


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_nothing_survives_a_notebook(path, notebook_run):
    run = notebook_run(path)
    assert "Nothing survived" in "".join(run.outputs.values())
    assert all(figure.alt for figure in run.figures)


@pytest.mark.xdist_group("notebook 00-start-here")
def test_a_run_says_what_it_drew_and_how_long_it_took(notebook_run):
    run = notebook_run("notebooks/00-start-here.ipynb")
    assert {figure.cell_id for figure in run.figures} == {"power"}
    assert all(
        figure.image.startswith(b"\x89PNG") or b"<svg" in figure.image for figure in run.figures
    )
    assert run.timings["run"] > 0
    assert run.outputs["twins"] == "1419"
    assert run.records["equal minutes"] == 1419
