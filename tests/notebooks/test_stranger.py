"""A stranger's project works from the wheel: data beside its notebooks, and the docs' workflow."""

import json
import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PYTHON3 = {"name": "python3", "display_name": "Python 3", "language": "python"}
READS = """
import csv
import cleaning
rows = list(csv.DictReader(open("meter.csv")))
limit = float(open("../shared/limit.txt").read())
kept = cleaning.below(rows, limit)
print(len(rows), len(kept))
"""
CLEANING = "def below(rows, limit):\n    return [row for row in rows if float(row['kw']) < limit]\n"


def write(path: Path, *sources: str) -> None:
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": PYTHON3})
    notebook.cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(sources, 1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture
def project(tmp_path):
    """A project with a notebook that passes, one that fails, and what lies around them."""
    folder = tmp_path / "their project"
    write(folder / "notebooks" / "good.ipynb", READS, "assert len(kept) == 2")
    write(folder / "notebooks" / "bad.ipynb", "rows = 0", "1 / rows")
    (folder / "notebooks" / "meter.csv").write_text("kw\n1.5\n2.5\n9.5\n", encoding="utf-8")
    (folder / "notebooks" / "cleaning.py").write_text(CLEANING, encoding="utf-8")
    (folder / "shared").mkdir()
    (folder / "shared" / "limit.txt").write_text("5.0", encoding="utf-8")
    (folder / "pyproject.toml").write_text('[project]\nname = "theirs"\n', encoding="utf-8")
    return folder


def workflow_command() -> list[str]:
    """Return the command that runs notebooks in the workflow that the docs hand over."""
    page = (ROOT / "docs" / "runner.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n# .github/workflows/notebooks.yml\n")[2].partition("```")[0]
    steps = yaml.safe_load(text)["jobs"]["notebooks"]["steps"]
    (command,) = (step["run"] for step in steps if step.get("run", "").startswith("energykit"))
    return command.split()


def files_of(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_the_workflow_of_the_docs_runs_a_strangers_project(project, foreign_python, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    before, summary = files_of(project), project.parent / "summary.md"
    done = subprocess.run(
        [foreign_python, "-m", *workflow_command()],
        cwd=project,
        env=os.environ | {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    lines = (project / "notebooks" / "bad.ipynb").read_text(encoding="utf-8").splitlines()
    line = next(at for at, text in enumerate(lines, 1) if "1 / rows" in text)
    place = f"::error file=notebooks/bad.ipynb,line={line},title=failed%3A bad.ipynb::"
    assert place in done.stdout
    assert "1 of 2 notebooks passed" in summary.read_text(encoding="utf-8")
    cases = ET.parse(project / "junit.xml").getroot().iter("testcase")
    assert {case.get("name"): case.find("failure") is None for case in cases} == {
        "bad": False,
        "good": True,
    }
    assert "ZeroDivisionError" in (project / "report.html").read_text(encoding="utf-8")
    (copy,) = project.glob("data/out/notebooks/good-*/**/good.ipynb")
    cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["outputs"][0]["text"] == ["3 2\n"]
    assert {name: files_of(project)[name] for name in before} == before
