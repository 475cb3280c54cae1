"""Every detector is registered, and the page says what it takes."""

import ast
import inspect
import re

import pytest

from energykit.errors import ParameterError
from services.energy_analyzer.detectors import DETECTORS, detection_rules
from tests.project.lists.place import place, public_functions, read


def test_every_detection_rule_is_in_the_registry():
    registry = "services/energy_analyzer/detectors/__init__.py"
    (entries,) = re.findall(r"(?s)\nDETECTORS: .*?\{(.*?)\}", read(registry))
    for file, function in public_functions("services/energy_analyzer/detectors"):
        if function.returns is not None and ast.unparse(function.returns) == "DetectionRule":
            line = f'"{function.name}": {function.name},'
            assert line in entries, (
                f"{place(registry, 'DETECTORS: ')}: import {function.name} of {file}, and add "
                f"{line} where it ranks, the worst reason first"
            )


DETECTOR_ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.*?) ?\| (.+) \|$", re.MULTILINE)


def parameters_of(detector) -> dict[str, object]:
    return {
        parameter.name: parameter.default
        for parameter in inspect.signature(detector).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def expected_cell(detector) -> str:
    """The defaults as the page writes them; one that is None is described in words."""
    return ", ".join(
        f"`{name}` ({describe_default(value)})" for name, value in parameters_of(detector).items()
    )


def describe_default(value: object) -> str:
    if value is None:
        return "…"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def detector_table() -> list[tuple[str, str, str, str]]:
    """The cells of each row of the first table."""
    page = read("docs/detectors.md").partition("| name | flags |")[2].partition("\n\n")[0]
    return DETECTOR_ROW.findall(page)


def detector_rows() -> dict[str, str]:
    """By name, the cell of parameters, a described default as ``…``."""
    return {name: cell for name, _, cell, _ in detector_table()}


def test_the_page_lists_the_detectors_in_their_order():
    rows = list(detector_rows())
    before = "| name | flags"
    for name, detector in DETECTORS.items():
        sentence = (detector.__doc__ or "").splitlines()[0].removeprefix("Flag ").rstrip(".")
        assert name in rows, (
            f"{place('docs/detectors.md', before)}: add below this row\n"
            f"| `{name}` | {sentence} | {expected_cell(detector)} | {looks_at(name)} |"
        )
        before = f"| `{name}` |"
    assert rows == list(DETECTORS), (
        f"{place('docs/detectors.md', '| name | flags')}: rows in the order of DETECTORS"
    )


def looks_at(name: str) -> str:
    """What a rule can look at, as far as it says."""
    rule = detection_rules([name])[name]
    if rule.is_ordered:
        return "(time, runs, two readings or neighbours)"
    return "one reading" if rule.fit is None else "history"


@pytest.mark.parametrize("name", DETECTORS)
def test_the_page_says_what_a_detector_looks_at(name):
    cell = next((last for row, _, _, last in detector_table() if row == name), "one reading")
    allowed = {"time", "runs", "two readings", "neighbours", "history", "one reading, history"}
    if not detection_rules([name])[name].is_ordered:
        allowed |= {"one reading"}
    assert cell in allowed, (
        f"{place('docs/detectors.md', '| `' + name + '` |')}: it looks at {looks_at(name)}, the "
        f"row says {cell}"
    )


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_refuses_a_parameter_that_is_not_a_number(name):
    for parameter, default in parameters_of(DETECTORS[name]).items():
        if isinstance(default, int | float):
            with pytest.raises(ParameterError, match=parameter):
                DETECTORS[name](**{parameter: float("nan")})


@pytest.mark.parametrize("name", DETECTORS)
def test_the_page_says_the_parameters_of_a_detector(name):
    cell = detector_rows().get(name)
    if cell is None:
        return  # the test above says so
    pattern = re.escape(expected_cell(DETECTORS[name])).replace("…", r"[^),]+")
    assert re.fullmatch(pattern, cell), (
        f"{place('docs/detectors.md', '| `' + name + '` |')}: its parameters are "
        f"{expected_cell(DETECTORS[name]) or 'none'}, the row says {cell or 'none'}"
    )
