"""Of several workers, none is left alone with a long notebook at the end."""

from pathlib import Path

import pytest

from energykit.notebooks import Options, run
from tests.notebooks.small import write

WAIT = "import threading\n_ = threading.Event().wait(1.5)"


@pytest.fixture
def paths(tmp_path):
    cells = {"few": ["1", "2"], "long": [WAIT], "many": ["1", "2", "3"]}
    return [write(tmp_path / f"{name}.ipynb", *sources) for name, sources in cells.items()]


def started(paths: list[Path], options: Options) -> list[str]:
    """Run notebooks and return their names in the order in which they started."""
    names: list[str] = []
    report = run(paths, options, on_start=lambda one, _folder: names.append(Path(one.path).stem))
    assert [one.status for one in report.notebooks] == ["passed"] * len(paths)
    assert [one.path for one in report.notebooks] == list(map(str, paths))
    return names


def test_what_took_long_in_its_last_run_starts_first(tmp_path, paths):
    options = Options(out=tmp_path / "out", jobs=2)
    assert started(paths, options)[-1] == "long"  # it has the fewest cells
    assert "long" in started(paths, options)[:2]


def test_what_has_not_passed_before_starts_first(tmp_path, paths):
    options = Options(out=tmp_path / "out", jobs=2)
    started(paths[:2], options)
    assert "many" in started(paths, options)[:2]


def test_one_worker_takes_notebooks_as_they_were_named(tmp_path, paths):
    options = Options(out=tmp_path / "out", jobs=1)
    assert started(paths, options) == started(paths, options) == ["few", "long", "many"]
