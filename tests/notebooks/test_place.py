"""A notebook runs in a copy of its place: what lies beside and above it is there, and stays."""

import shutil
from pathlib import Path

import pytest

from energykit.notebooks import Options, run
from energykit.notebooks.source import tree_copy
from tests.notebooks.foreign import write


@pytest.fixture
def project(tmp_path):
    """A project with a notebook in a folder, and things beside and above it."""
    home = tmp_path / "project"
    (home / "lessons" / "data").mkdir(parents=True)
    (home / "pyproject.toml").write_text("", encoding="utf-8")
    (home / "shared").mkdir()
    (home / "shared" / "above.csv").write_text("kw\n2\n", encoding="utf-8")
    (home / "lessons" / "data" / "beside.csv").write_text("kw\n1\n", encoding="utf-8")
    (home / "lessons" / "helper.py").write_text("def two():\n    return 2\n", encoding="utf-8")
    return home


PLACE = """
import helper
assert helper.two() == 2
assert open("data/beside.csv").read() == "kw\\n1\\n"
assert open("../shared/above.csv").read() == "kw\\n2\\n"
open("data/beside.csv", "w").write("changed")
open("new.txt", "w").close()
"""


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
def test_what_lies_beside_and_above_is_there_and_stays_as_it_is(project, tmp_path, fresh):
    path = write(project / "lessons" / "a.ipynb", (PLACE, {}), ("%run helper.py\ntwo()", {}))
    report = run([path], Options(out=tmp_path / "out", fresh=fresh))
    assert report.ok, repr(report)
    assert (project / "lessons/data/beside.csv").read_text(encoding="utf-8") == "kw\n1\n"
    assert not (project / "lessons/new.txt").exists()


def test_a_large_file_is_linked_and_cannot_be_written(project, tmp_path, monkeypatch):
    monkeypatch.setattr(tree_copy, "LARGEST_FILE", 1000)
    monkeypatch.setattr(tree_copy.TreeCopy, "_is_cloned", lambda *_: False)
    large = project / "lessons" / "large.bin"
    large.write_bytes(b"x" * 2000)
    reads = "assert len(open('large.bin').read()) == 2000"
    path = write(project / "lessons" / "a.ipynb", (reads, {}), ("open('large.bin', 'w')", {}))
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert verdict.notes == ("too large to copy, so linked and read-only: lessons/large.bin",)
    assert verdict.culprit.number == 2
    assert "PermissionError" in verdict.reason
    assert large.stat().st_size == 2000


def test_a_notebook_runs_in_the_folder_that_is_named(project, tmp_path):
    path = write(project / "lessons" / "a.ipynb", ("open('above.csv').read()", {}))
    report = run([path], Options(out=tmp_path / "out", cwd=project / "shared"))
    assert report.ok, repr(report)
    assert Path(report.notebooks[0].folder, "a.ipynb").is_file()


def test_further_files_are_named_by_the_notebook(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.csv").write_text("kw\n", encoding="utf-8")
    files = {"energykit": {"files": ["../../elsewhere/*.csv"]}}
    cell = ("open('../../elsewhere/x.csv').read()", {})
    report = run(
        [write(project / "lessons" / "a.ipynb", cell, metadata=files)],
        Options(out=tmp_path / "out"),
    )
    assert report.ok, repr(report)
    files["energykit"]["files"] = ["absent/*.csv"]
    path = write(project / "lessons" / "b.ipynb", cell, metadata=files)
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert verdict.status == "refused"
    assert verdict.reason.startswith("no file matches 'absent/*.csv'")


def test_a_file_is_blamed_on_the_notebook_that_wrote_it(tmp_path):
    folder = tmp_path / "notebooks"
    wrote = f"import time\nopen({str(folder / 'new.csv')!r}, 'w').close()"
    paths = [
        write(folder / "writes.ipynb", (wrote, {})),
        write(folder / "innocent.ipynb", ("import time\ntime.sleep(3)", {})),
    ]
    report = run(paths, Options(out=tmp_path / "out", jobs=2))
    assert [one.status for one in report.notebooks] == ["leaked", "passed"]


def test_only_what_changed_is_run(project, tmp_path):
    data = project / "shared" / "above.csv"
    reads = write(project / "lessons" / "a.ipynb", ("open('../shared/above.csv').read()", {}))
    other = write(project / "lessons" / "b.ipynb", ("1", {}))
    options = Options(out=tmp_path / "out", changed=True)

    def ran() -> list[str]:
        report = run([reads, other], options)
        assert report.ok, repr(report)
        return [Path(one.path).stem for one in report.notebooks if not one.cached]

    assert ran() == ["a", "b"]
    assert ran() == []
    data.write_text("kw\n3\n", encoding="utf-8")
    (first, second) = run([reads, other], options).notebooks
    assert first.notes == (f"ran because {data} changed",)
    assert second.remarks == ("not run: nothing has changed since it passed",)
    write(other, ("2", {}))
    assert ran() == ["b"]


def test_what_a_notebook_imports_is_run_again_with_another_version(project, tmp_path, monkeypatch):
    """Also where it was installed while other notebooks ran."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    options = Options(out=tmp_path / "out", changed=True)
    other = write(project / "lessons" / "b.ipynb", ("1", {}))
    assert not run([other], options).notebooks[0].cached
    (project / "lessons" / "made_up_meter.py").write_text("", encoding="utf-8")
    path = write(project / "lessons" / "a.ipynb", ("import made_up_meter", {}))
    notes = []
    for version in ("1.0", "1.0", "2.0"):
        for old in folder.glob("*.dist-info"):
            shutil.rmtree(old)
        information = folder / f"made_up_meter-{version}.dist-info"
        information.mkdir()
        said = f"Metadata-Version: 2.1\nName: made-up-meter\nVersion: {version}\n"
        (information / "METADATA").write_text(said, encoding="utf-8")
        (information / "top_level.txt").write_text("made_up_meter\n", encoding="utf-8")
        (found,) = run([path], options).notebooks
        notes.append(found.cached)
    assert notes == [False, True, False]
    assert found.notes == ("ran because made-up-meter is 2.0, and was 1.0",)
