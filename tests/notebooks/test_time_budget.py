"""A notebook that takes much longer than in its last runs is noted, or fails."""

import json

import nbformat
import pytest

from energykit.notebooks import NotebookVerdict, Options, run
from energykit.notebooks.verdict.time_budget import with_time_budget

PASSED = NotebookVerdict(path="a.ipynb", status="passed", seconds=9.0)


@pytest.mark.parametrize(
    ("times", "factor", "status"),
    [
        ((2.0, 2.0), 2.0, "passed"),
        ((2.0, 2.0, 2.0), 2.0, "failed"),
        ((2.0, 9.0, 30.0), 2.0, "passed"),
        ((4.0, 4.0, 4.0), 2.0, "passed"),
        ((2.0, 2.0, 2.0), 0.0, "passed"),
    ],
)
def test_a_notebook_may_take_a_multiple_of_the_median_and_a_second(times, factor, status):
    assert with_time_budget(PASSED, times, factor).status == status


def test_without_a_budget_three_times_as_long_is_noted():
    verdict = with_time_budget(PASSED, (2.0, 2.0, 2.0), 0.0)
    assert verdict.notes == ("took 9.0 s, and 2.0 s in the median of 3 runs",)
    assert with_time_budget(PASSED, (3.0, 3.0, 3.0), 0.0).notes == ()


def test_a_run_is_held_to_the_times_that_were_kept(tmp_path):
    path, out = tmp_path / "a.ipynb", tmp_path / "out"
    cells = [nbformat.v4.new_code_cell("import time\ntime.sleep(2)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert run([path], Options(out=out)).ok
    (kept,) = (out / ".cache").glob("*.json")
    plain = json.loads(kept.read_text(encoding="utf-8"))
    assert [seconds > 2 for seconds in plain["times"]] == [True]
    kept.write_text(json.dumps(plain | {"times": [0.1, 0.1, 0.1]}), encoding="utf-8")
    (verdict,) = run([path], Options(out=out, time_budget=2)).notebooks
    assert verdict.status == "failed"
    assert "s, and 0.1 s in the median of 3 runs → a run without --time-budget" in verdict.reason
    assert "--time-budget 2" in verdict.command
    assert run([path], Options(out=out)).ok
    assert len(json.loads(kept.read_text(encoding="utf-8"))["times"]) == 4
