"""Recorded values and figures are held to the file beside a notebook, which bless rewrites."""

import datetime as dt
import json
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from energykit import record
from energykit.cli import main
from energykit.errors import UsageError
from energykit.notebooks import Options, run
from energykit.notebooks.recording import plain

PARTS = "import energykit as ek\nimport matplotlib.pyplot as plt\nvalue = 2.5"
RECORDS = """ek.record('mean', value)
ek.record('names', ['a', 'b'])
ek.record('rough', 10.0 * value, rel=0.1)"""
FIGURE = """figure, ax = plt.subplots()
ax.plot([1, 2, 3], [1, 4, 9.0], label='squares')
ax.set_title('Squares')"""
AGG = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])"


def write(
    path: Path, *sources: str, metadata: dict | None = None, cell: dict | None = None
) -> Path:
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.metadata.update(metadata or {})
    notebook.cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{number}", metadata=cell or {})
        for number, source in enumerate(sources, 1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "notebooks"


@pytest.fixture
def verdict_of(tmp_path):
    def verdict_of(path):
        (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
        return verdict

    return verdict_of


@pytest.fixture
def blessed(folder, tmp_path):
    path = write(folder / "a.ipynb", PARTS, RECORDS, FIGURE)
    assert main(["notebooks", "bless", str(path), "--out", str(tmp_path / "out")]) == 0
    return path


def expected(path: Path) -> dict:
    return json.loads(path.with_name("a.expected.json").read_text(encoding="utf-8"))


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_what_is_blessed_passes_and_can_be_read(blessed, verdict_of):
    verdict = verdict_of(blessed)
    assert verdict.ok, verdict.reason
    assert verdict.records == {"mean": 2.5, "names": ["a", "b"], "rough": 25.0}
    found = expected(blessed)
    assert found["records"]["mean"] == {"cell": "cell-2", "value": 2.5, "rel": 1e-06, "abs": 0.0}
    (axes,) = found["figures"][0]["axes"]
    assert (axes["title"], axes["lines"][0]["label"], axes["lines"][0]["y"]["sum"]) == (
        "Squares",
        "squares",
        14.0,
    )


def test_blessing_for_the_first_time_says_so_and_shows_the_values(folder, tmp_path, capsys):
    path = write(folder / "a.ipynb", PARTS, RECORDS, FIGURE)
    assert main(["notebooks", "bless", str(path), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{path}: recorded for the first time: 3 values and 1 figure\n")
    assert "\n  record mean: 2.5\n" in said
    assert "\n  figure 1 of cell cell-3: Squares\n" in said
    assert said.endswith(f"wrote {path.with_name('a.expected.json')}\n")
    assert "expected nothing" not in said
    empty = write(folder / "b.ipynb", "1 + 1")
    assert main(["notebooks", "bless", str(empty), "--out", str(tmp_path / "out")]) == 0
    assert f"{empty}: recorded for the first time: nothing\n" in capsys.readouterr().out


def test_blessing_twice_changes_nothing(blessed, tmp_path, capsys):
    before = blessed.with_name("a.expected.json").read_bytes()
    assert main(["notebooks", "bless", str(blessed), "--out", str(tmp_path / "out")]) == 0
    assert f"{blessed}: as expected" in capsys.readouterr().out
    assert blessed.with_name("a.expected.json").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "kind", "name", "why"),
    [
        ("value = 2.5", "value = 2.6", "record", "mean", "it is 2.6, and was 2.5 (rel=1e-06)"),
        ("'a', 'b'", "'a', 'c'", "record", "names", "[2]: it is 'c', and was 'b' (rel=1e-06)"),
        ("'a', 'b'", "'a'", "record", "names", "there are 1, and were 2 (rel=1e-06)"),
        ("ek.record('names', ['a', 'b'])", "1", "record", "names", "expected, and not recorded"),
        (
            "ek.record('names'",
            "ek.record('new', 1), ek.record('names'",
            "record",
            "new",
            "recorded, and not expected",
        ),
        (
            "[1, 4, 9.0]",
            "[1, 4.001, 9.0]",
            "figure",
            "1 of cell cell-3",
            "[1].lines[1].y.some[2]: it is 4.001",
        ),
        (
            "'squares'",
            "'cubes'",
            "figure",
            "1 of cell cell-3",
            "[1].lines[1].label: it is 'cubes', and was 'squares'",
        ),
        (
            "ax.plot(",
            "plt.close(), plt.subplots(), ax.plot(",
            "figure",
            "1 of cell cell-3",
            "[1].title is gone",
        ),
        (
            "figure, ax = plt.subplots()",
            "ax = plt.matplotlib.figure.Figure().subplots()",
            "figure",
            "1 of cell cell-3",
            "expected, and not drawn",
        ),
        (
            "ax.set_title('Squares')",
            "ax.set_title('Squares'); plt.subplots()",
            "figure",
            "2 of cell cell-3",
            "drawn, and not expected",
        ),
    ],
)
def test_what_is_not_as_expected_fails_and_is_named(blessed, verdict_of, old, new, kind, name, why):
    verdict = verdict_of(change(blessed, old, new))
    (difference,) = (one for one in verdict.differences if one.name == name)
    assert verdict.status == "failed"
    assert (difference.kind, difference.why[: len(why)]) == (kind, why)
    assert "energykit notebooks bless" in verdict.reason


def test_a_value_inside_its_tolerance_passes(blessed, verdict_of):
    assert verdict_of(change(blessed, "10.0 * value", "10.9 * value")).ok
    verdict = verdict_of(change(blessed, "10.9 * value", "12.0 * value"))
    assert [one.why for one in verdict.differences] == ["it is 30.0, and was 25.0 (rel=0.1)"]
    assert [one.cell for one in verdict.differences] == [2]


def test_bless_shows_the_difference_then_rewrites(blessed, tmp_path, capsys, verdict_of):
    change(blessed, "value = 2.5", "value = 2.6")
    bless = ["notebooks", "bless", str(blessed), "--out", str(tmp_path / "out")]
    assert main([*bless, "--dry-run"]) == 0
    assert (
        "  record mean: it is 2.6, and was 2.5 (rel=1e-06)\n    expected 2.5\n    actual   2.6\n"
        in capsys.readouterr().out
    )
    assert expected(blessed)["records"]["mean"]["value"] == 2.5
    assert main(bless) == 0
    assert expected(blessed)["records"]["mean"]["value"] == 2.6
    assert verdict_of(blessed).ok


def test_what_failed_is_not_blessed(blessed, tmp_path, capsys):
    change(blessed, "value = 2.5", "value = 2.5 / 0")
    assert main(["notebooks", "bless", str(blessed), "--out", str(tmp_path / "out")]) == 1
    assert "not blessed: it did not pass" in capsys.readouterr().err
    assert expected(blessed)["records"]["mean"]["value"] == 2.5


def test_parameter_sets_have_expectations_of_their_own(folder, tmp_path, verdict_of):
    path = write(folder / "a.ipynb", "n = 1", "import energykit as ek\nek.record('n', n)")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    sets = {"sets": {"one": {}, "two": {"n": 2}}}
    path.with_name("a.parameters.json").write_text(json.dumps(sets), encoding="utf-8")
    assert main(["notebooks", "bless", str(path), "--out", str(tmp_path / "out")]) == 0
    report = run([path], Options(out=tmp_path / "out", sets=sets["sets"]))
    assert report.ok
    beside = run([path], Options(out=tmp_path / "out"))
    assert [one.set_name for one in beside.notebooks] == ["one", "two"]
    assert beside.ok
    single = run([path], Options(out=tmp_path / "out", sets={"": {"n": 3}}))
    assert [one.set_name for one in single.notebooks] == [""]
    found = [
        path.with_name(f"a.{name}.expected.json").read_text(encoding="utf-8")
        for name in ("one", "two")
    ]
    assert [json.loads(text)["records"]["n"]["value"] for text in found] == [1, 2]


def test_a_name_is_recorded_once(folder, verdict_of):
    path = write(folder / "a.ipynb", "import energykit as ek\nek.record('x', 1)\nek.record('x', 2)")
    verdict = verdict_of(path)
    assert verdict.status == "failed"
    assert "recorded before" in verdict.reason
    assert verdict.culprit.line == 3


def test_a_figure_that_no_backend_shows_is_lost(folder, verdict_of):
    verdict = verdict_of(write(folder / "a.ipynb", AGG, "1"))
    assert verdict.status == "failed"
    assert verdict.reason.startswith(
        "a figure was made in cell cell-1 and never shown: the backend is 'agg'"
    )


def test_a_figure_that_is_saved_under_any_backend_is_not_lost(folder, verdict_of):
    save = "import io\nplt.savefig(io.BytesIO())"
    assert verdict_of(write(folder / "a.ipynb", AGG, save)).ok


def test_too_few_figures(folder, verdict_of):
    metadata = {"energykit": {"figures": 2}}
    verdict = verdict_of(write(folder / "a.ipynb", PARTS, FIGURE, metadata=metadata))
    assert (verdict.status, verdict.reason) == (
        "failed",
        "1 figures were shown, and the notebook's metadata ask for 2",
    )
    assert verdict_of(write(folder / "a.ipynb", PARTS, FIGURE, FIGURE, metadata=metadata)).ok


def test_a_figure_that_varies_is_only_expected_to_be_there(folder, tmp_path, verdict_of):
    random = "import random\nplt.plot([random.random()])\nplt.title('Now')"
    path = write(folder / "a.ipynb", PARTS, random, cell={"energykit": {"figures_vary": True}})
    assert main(["notebooks", "bless", str(path), "--out", str(tmp_path / "out")]) == 0
    assert expected(path)["figures"] == [{"cell": "cell-2", "axes": [{"title": "Now"}]}]
    assert verdict_of(path).ok
    assert not verdict_of(change(path, "'Now'", "'Then'")).ok


def test_pixels_are_compared_where_that_is_asked_for(folder, tmp_path, verdict_of):
    path = write(folder / "a.ipynb", PARTS, FIGURE, cell={"energykit": {"compare_pixels": True}})
    assert main(["notebooks", "bless", str(path), "--out", str(tmp_path / "out")]) == 0
    assert path.with_name("a.expected.1.png").is_file()
    assert verdict_of(path).ok
    verdict = verdict_of(
        change(path, "label='squares'", "label='squares', color='red', linewidth=9")
    )
    assert [one.why.partition(" by ")[0] for one in verdict.differences] == ["the picture differs"]
    assert verdict.differences[0].image.endswith(".png")


def test_without_expectations_nothing_is_judged(folder, verdict_of):
    verdict = verdict_of(write(folder / "a.ipynb", PARTS, RECORDS, FIGURE))
    assert verdict.ok
    assert verdict.records["mean"] == 2.5


@pytest.mark.parametrize("text", ["{", "[]", '{"records": {}}'])
def test_expectations_that_cannot_be_read_stop_it_before_it_runs(folder, verdict_of, text):
    path = write(folder / "a.ipynb", "1")
    path.with_name("a.expected.json").write_text(text, encoding="utf-8")
    verdict = verdict_of(path)
    assert (verdict.status, verdict.cells) == ("refused", ())
    assert "a.expected.json" in verdict.reason


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.float32(0.5), 0.5),
        (np.arange(3), [0, 1, 2]),
        (pd.Series([1.0, 2.0]), [1.0, 2.0]),
        (float("nan"), {"number": "nan"}),
        ((1, {"a": dt.date(2026, 1, 31)}), [1, {"a": "2026-01-31"}]),
        (True, True),
        (None, None),
    ],
)
def test_values_are_kept_as_json_has_them(value, kept):
    assert plain(value) == kept


def test_outside_the_runner_a_record_is_only_its_value(tmp_path):
    assert record("x", 3) == 3
    assert record("x", 4) == 4
    with pytest.raises(UsageError, match="object cannot be recorded"):
        record("x", object())
    with pytest.raises(UsageError, match="-1 is not a tolerance"):
        record("x", 1, rel=-1)
    with pytest.raises(UsageError, match="a record needs a name"):
        record("", 1)
