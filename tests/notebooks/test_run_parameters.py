"""Parameters and metadata that a run takes, and those that it refuses before a kernel starts."""

import math
from datetime import date

import pytest

from energykit.errors import UsageError
from energykit.notebooks import Options, run
from tests.notebooks.gallery import write

DEFAULTS = ("count = 3\nshare = 0.5\nname = 'a'\nwhole: int = 3", {"tags": ["parameters"]})


@pytest.mark.parametrize(
    ("given", "what", "hint"),
    [
        ({"cuont": 5}, "the notebook has no parameter 'cuont'", "did you mean 'count'?"),
        ({"count": "007"}, "count = '007' is not an int", "its default is 3"),
        ({"whole": 1.5}, "whole = 1.5 is not an int", "its default is 3"),
        ({"count": True}, "count = True is not an int", "its default is 3"),
        ({"name": 5}, "name = 5 is not a str", "its default is 'a'"),
    ],
)
def test_a_wrong_parameter_stops_before_a_kernel_starts(tmp_path, options, given, what, hint):
    path = write(tmp_path / "notebooks" / "p.ipynb", DEFAULTS)
    with pytest.raises(UsageError) as caught:
        run([path], Options(out=options.out, parameters=given))
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert not options.out.exists()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"day": date(2020, 1, 1)}, "day = datetime.date(2020, 1, 1) is not a value of JSON"),
        ({"day": {1: 2}}, "day = {1: 2} is not a value of JSON"),
    ],
)
def test_a_value_that_the_command_could_not_repeat_is_refused(tmp_path, options, given, what):
    path = write(tmp_path / "notebooks" / "p.ipynb", ("day = None", DEFAULTS[1]))
    with pytest.raises(UsageError) as caught:
        run([path], Options(out=options.out, parameters=given))
    assert caught.value.what == what


def test_a_cell_of_parameters_that_is_not_python_is_refused(tmp_path, options):
    path = write(tmp_path / "notebooks" / "p.ipynb", ("count = = 3", DEFAULTS[1]))
    what = "line 1 of the cell of parameters is not Python: invalid syntax"
    with pytest.raises(UsageError, match=what):
        run([path], Options(out=options.out, parameters={"count": 5}))


def test_numbers_without_a_literal_and_annotated_defaults_are_set(tmp_path, options):
    defaults = ("high: float = 1.0\nlow = None", DEFAULTS[1])
    check = ("import math\nassert math.isinf(high) and math.isnan(low['x'][0])", {})
    path = write(tmp_path / "notebooks" / "p.ipynb", defaults, check)
    report = run(
        [path], Options(out=options.out, parameters={"high": math.inf, "low": {"x": [math.nan]}})
    )
    assert report.ok, repr(report)


@pytest.mark.parametrize(
    ("metadata", "what", "hint"),
    [
        (
            {"raise": "ValueError"},
            "the metadata 'energykit' have no 'raise'",
            "did you mean 'raises'?",
        ),
        ({"timeout_s": "soon"}, "the metadata 'timeout_s' are 'soon', not int or float", ""),
        ({"timeout_s": 0}, "a time-out of 0 s", "a number above 0"),
        ({"timeout_s": True}, "the metadata 'timeout_s' are True, not int or float", ""),
        (
            "soon",
            "the metadata 'energykit' are 'soon', not an object",
            'write {"energykit": {"timeout_s": 120}}',
        ),
    ],
)
def test_metadata_that_the_runner_does_not_know_are_refused(
    tmp_path, options, metadata, what, hint
):
    path = write(tmp_path / "notebooks" / "m.ipynb", ("1", {}), ("2", {"energykit": metadata}))
    report = run([path], options)
    (verdict,) = report.notebooks
    assert (verdict.status, report.exit_code) == ("refused", 2)
    assert verdict.reason == f"cell 2: {what}" + (f" → {hint}" if hint else "")
    assert not options.out.exists()


def test_parameters_without_a_cell_of_them_are_refused(tmp_path, options):
    path = write(tmp_path / "notebooks" / "p.ipynb", ("count = 3", {}))
    with pytest.raises(UsageError, match="the notebook has no cell of parameters"):
        run([path], Options(out=options.out, parameters={"count": 5}))


def test_a_right_parameter_is_set_with_its_type(tmp_path, options):
    check = ("assert (count, share, name) == (5, 1, 'b')", {})
    path = write(tmp_path / "notebooks" / "p.ipynb", DEFAULTS, check)
    given = {"count": 5, "share": 1, "name": "b"}
    assert run([path], Options(out=options.out, parameters=given)).ok
