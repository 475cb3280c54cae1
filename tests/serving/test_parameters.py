"""Parameters of requests: checked against a function's annotations."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit.errors import ParameterError, UsageError
from energykit.serving import stage
from energykit.serving.parameters import Parameter, bind, struct_values


def bound(annotation, value):
    return bind({"x": Parameter("x", annotation, default=None)}, {"x": value})["x"]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (float, 3.0, 3.0),
        (int, 3.0, 3),
        (bool, True, True),
        (str, "a", "a"),
        (int | None, None, None),
        (float | None, 2.5, 2.5),
        (int | str, "many", "many"),
        (Literal["mean", "max"], "max", "max"),
        (Literal[1, 2], 2.0, 2),
        (list[int], [1.0, 2.0], [1, 2]),
        (Sequence[float], [1.0], [1.0]),
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (dict[str, int], {"a": 1.0}, {"a": 1}),
        (Mapping[str, Any], {"a": [None]}, {"a": [None]}),
        (float | dict[str, float], {"spike": 0.1}, {"spike": 0.1}),
        (date, "2025-01-31", date(2025, 1, 31)),
        (datetime, "2025-01-31T12:00:00", datetime(2025, 1, 31, 12)),
        (Any, {"x": 1.0}, {"x": 1.0}),
    ],
)
def test_a_value_comes_in_its_declared_type(annotation, value, expected):
    assert bound(annotation, value) == expected
    assert type(bound(annotation, value)) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "what"),
    [
        (float, "3", "'3' is not a finite number"),
        (float, True, "True is not a finite number"),
        (float, float("nan"), "nan is not a finite number"),
        (float, float("inf"), "inf is not a finite number"),
        (int, 3.5, "3.5 is not a whole number"),
        (int, float("inf"), "inf is not a whole number"),
        (int, False, "False is not a whole number"),
        (bool, 1.0, "1.0 is not true or false"),
        (str, 1.0, "1.0 is not a text"),
        (int | None, "x", "'x' is not a whole number or null"),
        (list[int], 1.0, "1.0 is not a list of: a whole number"),
        (date, "31.01.2025", "'31.01.2025' is not a date as 'YYYY-MM-DD'"),
        (datetime, 5.0, "5.0 is not a time as 'YYYY-MM-DDTHH:MM:SS'"),
        (dict[str, int], [], "[] is not an object whose values are: a whole number"),
    ],
)
def test_a_value_of_another_type_is_refused_in_words(annotation, value, what):
    with pytest.raises(ParameterError) as caught:
        bound(annotation, value)
    assert caught.value.what == what
    assert caught.value.where == "parameters.x"


def test_a_wrong_choice_suggests_the_nearest():
    with pytest.raises(ParameterError) as caught:
        bound(Literal["households", "import"], "housholds")
    assert caught.value.what == "'housholds' is not a choice"
    assert caught.value.hint == "did you mean 'households'?"


def test_the_place_inside_a_list_or_an_object_is_named():
    with pytest.raises(ParameterError) as caught:
        bound(list[dict[str, float]], [{"low": 1.0}, {"low": "deep"}])
    assert caught.value.where == "parameters.x[1].low"


def test_a_union_reports_what_is_wrong_inside_the_shape_that_fits():
    with pytest.raises(ParameterError) as caught:
        bound(float | dict[str, float], {"spike": "often"})
    assert caught.value.where == "parameters.x.spike"


def test_a_missing_parameter_is_named():
    with pytest.raises(ParameterError, match="'limit_w' is missing"):
        bind({"limit_w": Parameter("limit_w", float, default=None, required=True)}, {})


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_a_struct_comes_back_as_it_went(value):
    request = ExecuteRequest()
    request.parameters.update({"x": value})
    assert struct_values(ExecuteRequest.FromString(request.SerializeToString()).parameters) == {
        "x": value
    }


@given(
    st.sampled_from(
        [
            int,
            float,
            bool,
            str,
            date,
            datetime,
            list[int],
            dict[str, float],
            int | None,
            Literal["a", 1],
            Any,
        ]
    ),
    st.none()
    | st.booleans()
    | st.floats()
    | st.text()
    | st.lists(st.floats())
    | st.dictionaries(st.text(), st.text()),
)
def test_any_value_is_bound_or_refused(annotation, value):
    with contextlib.suppress(ParameterError):
        bound(annotation, value)


def test_a_stage_is_called_as_the_function_it_was_made_of():
    @stage("double")
    def double(readings: pd.DataFrame, *, by: float = 2.0):
        """Double it."""
        return readings * by

    assert double(3, by=3.0) == 9
    assert (double.name, double.input, double.__doc__) == ("double", "pandas", "Double it.")
    assert double.parameters["by"] == Parameter("by", float, default=2.0)
    assert "strict" in double.understood


def test_a_parameter_without_annotation_has_the_type_of_its_default():
    @stage("x")
    def x(*, limit_w=3000.0, name):
        return None

    assert x.parameters["limit_w"].annotation is float
    assert x.parameters["name"].required
    assert "strict" not in x.understood


def first_not_annotated(readings): ...
def first_of_another_type(readings: int): ...
def two_lists(a: list[pl.LazyFrame], b: pl.LazyFrame): ...
def open_ended(a: pl.LazyFrame, **more: int): ...
def untransportable(*, lock: bytes = b""): ...
def unknown_name(*, lock: Lokc = None): ...


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (first_not_annotated, "what 'readings' is given is not clear"),
        (first_of_another_type, "what 'readings' is given is not clear"),
        (two_lists, "a list of inputs is a stage's only input"),
        (open_ended, "a stage takes its inputs by position"),
        (untransportable, "cannot travel as a parameter"),
        (unknown_name, "cannot travel as a parameter"),
    ],
)
def test_a_function_that_cannot_be_a_stage_is_refused_when_it_is_defined(function, what):
    with pytest.raises(UsageError, match=what) as caught:
        stage("x")(function)
    assert caught.value.where.startswith(function.__name__)
    assert caught.value.hint


def test_a_stage_without_a_name_says_how_to_write_it():
    with pytest.raises(UsageError, match="needs a name"):
        stage(first_not_annotated)
