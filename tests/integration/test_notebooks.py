"""The course's notebooks run headless from top to bottom, and are stored without outputs."""

import json
import re
from pathlib import Path

import pytest

from energykit.cli import main

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_headless(path, tmp_path, capsys):
    assert main(["notebooks", "run", str(path), "--out", str(tmp_path)]) == 0
    assert "1 of 1 notebooks passed" in capsys.readouterr().out
    (executed,) = tmp_path.glob(f"*/notebooks/{path.name}")
    assert "Nothing survived" in json.dumps(cells(executed))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_stripped_with_unique_ids(path):
    stored = cells(path)
    assert not [cell["id"] for cell in stored if cell.get("outputs") or cell.get("execution_count")]
    assert len({cell["id"] for cell in stored}) == len(stored)
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_the_style(path):
    stored = cells(path)
    code = ["".join(cell["source"]) for cell in stored if cell["cell_type"] == "code"]
    prose = ["".join(cell["source"]) for cell in stored if cell["cell_type"] == "markdown"]
    lengths = sorted(len(one.splitlines()) for one in code)
    assert len(code) <= 40
    assert len(prose) >= len(code)
    assert lengths[-1] <= 20
    assert lengths[len(lengths) // 2] <= 5
    assert prose[0].startswith("# ")
    assert "*" in prose[0]
    assert any("## Key points" in one for one in prose[-2:])
    for target in re.findall(r"\]\(([^)#]+)", "\n".join(prose)):
        assert target.startswith("http") or (path.parent / target).exists(), target
