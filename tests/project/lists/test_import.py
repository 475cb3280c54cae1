"""A parameter or a format of the import is named everywhere where it must be."""

import ast
import dataclasses
import re
from importlib import import_module
from inspect import signature

import pytest

from energykit.meters.parameter_check import _ALONE, check_parameters
from energykit.meters.parameters import (
    MeterParameters,
    meter_parameters,
    parameter_faults,
)
from tests.project.lists.place import ROOT, place, read

MANUALS = {
    "energykit/meters/parameters.py": "``layout``",
    "docs/your-data.md": '`"dsmr"`',
}
"""Pages that say what each layout of an import means, and where."""


SIGNATURE = signature(meter_parameters).parameters
EACH = pytest.mark.parametrize("name", SIGNATURE)
PARAMETERS = "energykit/meters/parameters.py"
CHECKS = "energykit/meters/parameter_check.py"
CHECKED_IN = {"parameters.py", "parameter_check.py", "kind.py"}
"""Modules that read parameters to check them."""
IN_CLOCK = {"timestamp_format", "time_zone"}
"""Parameters that the record keeps in its clock."""


def checked(**values):
    """What becomes of all parameters; those that are not named have their defaults."""
    given = {name: parameter.default for name, parameter in SIGNATURE.items()}
    given["columns"] = {"timestamp": 1, "power_consumption": 2}
    annotations = {name: parameter.annotation for name, parameter in SIGNATURE.items()}
    return check_parameters({**given, **values}, annotations)


RECORD = {field.name for field in dataclasses.fields(MeterParameters)} - {"clock"}


@pytest.mark.parametrize("name", sorted({*RECORD, *_ALONE}))
def test_a_parameter_of_the_import_can_be_given(name):
    assert name in SIGNATURE, (
        f"{place(PARAMETERS, 'def meter_parameters(')}: add {name}: … = …, or nothing can give it"
    )


@EACH
def test_a_parameter_of_the_import_refuses_another_kind(name):
    wrong = {fault.where.split(".")[1] for fault in checked(**{name: {"§": 1}}).faults}
    assert name in wrong, (
        f"{place(CHECKS, '_ALONE: ')}: check {name!r}: an object is taken for it, as kind.py "
        f"knows no kind in {SIGNATURE[name].annotation!r}"
    )


@EACH
@pytest.mark.parametrize("value", [3.5, True, "§", [1], {"§": 1}], ids=repr)
def test_a_parameter_of_the_import_refuses_a_value_in_words(name, value):
    try:
        checked(**{name: value})
    except Exception as exc:
        line = place(CHECKS, "_ALONE: ")
        raise AssertionError(f"{line}: the check of {name!r}: {value!r} gives {exc!r}") from exc


@EACH
def test_the_record_of_an_import_keeps_each_parameter(name):
    assert name in RECORD | IN_CLOCK, (
        f"{place(PARAMETERS, 'class MeterParameters')}: add the field {name}"
    )


def parameters_read(path) -> set[str]:
    """Return each NAME that a module reads as ``parameters.NAME`` or ``self._parameters.NAME``."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value
            holder = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if holder in {"parameters", "_parameters"}:
                names.add(node.attr)
    return names


@EACH
def test_something_reads_a_parameter_of_the_import(name):
    modules = (ROOT / "energykit" / "meters").glob("*.py")
    effects = [path for path in modules if path.name not in CHECKED_IN]
    assert name in IN_CLOCK or any(name in parameters_read(path) for path in effects), (
        f"{place(PARAMETERS, 'Where each takes effect')}: nothing reads parameters.{name}; "
        "this says where it belongs"
    )


@EACH
def test_a_wrong_value_of_a_parameter_of_the_import_is_tried(name):
    from tests.meters.test_parameter_rules import WRONG

    tried = [given for given, where in WRONG.values() if where.partition(".")[0] == name]
    assert tried or name not in _ALONE, (
        f"{place('tests/meters/test_parameter_rules.py', 'WRONG = {')}: add what {name!r} cannot "
        f'be: "a wrong {name}": ({{"columns": COLUMNS, "{name}": …}}, "{name}"),'
    )
    assert all(map(parameter_faults, tried)), (
        f"{place(CHECKS, '_ALONE: ')}: a wrong {name!r} in WRONG is not refused: check it here"
    )


@EACH
def test_a_configuration_can_name_a_parameter_of_the_import(name):
    from services.energy_generator.__main__ import generate

    wanted = SIGNATURE[name].annotation.removesuffix(" | None")
    line = place("services/energy_generator/__main__.py", "holds_until_next: ")
    assert name in generate.understood, (
        f"{line}: add after it {name}: {wanted} | None = None, or no configuration can name it"
    )
    given = str(generate.understood[name].annotation).removesuffix(" | None")
    assert given == wanted or wanted not in {"bool", "float", "str"}, (
        f"{line}: {name} is {given} here, and {wanted} in {place(PARAMETERS, f'    {name}: ')}"
    )


@EACH
def test_the_manual_says_what_a_parameter_of_the_import_means(name):
    assert f"``{name}``" in read(PARAMETERS), (
        f"{place(PARAMETERS, '``layout``')}: say what ``{name}`` means"
    )


@EACH
def test_a_test_imports_a_file_with_a_parameter(name):
    files = (ROOT / "tests" / "meters").glob("test_*.py")
    texts = [file.read_text("utf-8") for file in files if file.name != "test_parameter_rules.py"]
    assert any(re.search(rf'\b{name}=|"{name}"', text) for text in texts), (
        f"{place('tests/meters/conftest.py', 'def imported(')}: no test in tests/meters/ gives "
        f"{name!r} to a file: add one, with the energy or the readings that come out"
    )


def format_modules() -> list[str]:
    folder = ROOT / "energykit" / "meters" / "formats"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


EACH_FORMAT = pytest.mark.parametrize("name", format_modules())
HOME = "energykit/meters/formats"


@EACH_FORMAT
def test_every_format_of_a_meter_is_listed(name):
    from energykit.meters.formats import FORMATS

    assert name in FORMATS, (
        f"{place(f'{HOME}/__init__.py', 'FORMATS = (')}: add {name!r}, the name of {HOME}/{name}.py"
    )


@EACH_FORMAT
def test_every_format_of_a_meter_has_what_a_reader_has(name):
    from energykit.meters.formats import FormatReader

    module = import_module(f"energykit.meters.formats.{name}")
    parts = sorted({*FormatReader.__annotations__, *vars(FormatReader)})
    lacking = [part for part in parts if not part.startswith("_") and not hasattr(module, part)]
    assert not lacking, (
        f"{HOME}/{name}.py:1: add {', '.join(lacking)}; "
        f"{place(f'{HOME}/__init__.py', 'class FormatReader')} says what each is"
    )


@pytest.mark.parametrize("page", MANUALS)
def test_a_page_names_every_layout_of_a_meters_file(page):
    from energykit.meters.choice import LAYOUTS

    unnamed = [each for each in {*LAYOUTS, *format_modules()} if f'"{each}"' not in read(page)]
    line = place(page, '"nem12"')
    assert not unnamed, f"{line}: say what layout {sorted(unnamed)} is"


@EACH_FORMAT
def test_every_format_of_a_meter_has_an_example(name):
    from tests.meters.formats import EXAMPLES

    assert name in EXAMPLES, (
        f"{place('tests/meters/formats.py', 'EXAMPLES = {')}: add a small file and its energy "
        f'[kWh]: "{name}": ("…", 2.0),'
    )


def test_every_example_is_of_a_format():
    from tests.meters.formats import EXAMPLES

    assert EXAMPLES.keys() <= set(format_modules()), place(
        "tests/meters/formats.py", "EXAMPLES = {"
    )
