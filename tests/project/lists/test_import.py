"""A parameter or a format of the import is named everywhere where it must be."""

import dataclasses
import re
from importlib import import_module
from inspect import signature

import pytest

from energykit.meters.parameter_check import check_parameters
from energykit.meters.parameters import MeterParameters, meter_parameters
from tests.project.lists.place import ROOT, place, read

MANUALS = {
    "energykit/meters/__init__.py": "``holds_until_next``",
    "docs/your-data.md": "What the rest is for",
}
"""Pages that say what each parameter of an import means, and the line that names the last one."""


@pytest.mark.parametrize("name", signature(meter_parameters).parameters)
def test_a_parameter_of_the_import_is_everywhere_where_it_must_be(name):
    from services.energy_generator.__main__ import generate

    checks = "energykit/meters/parameter_check.py"
    given = {one: known.default for one, known in signature(meter_parameters).parameters.items()}
    checked = check_parameters({**given, "columns": {"timestamp": 1, "power_consumption": 2}})
    assert name in checked.values, (
        f"{place(checks, '_ALONE: ')}: add what {name!r} means, or what is wrong with it"
    )
    kept = {field.name for field in dataclasses.fields(MeterParameters)}
    assert name in kept | {"timestamp_format", "time_zone"}, (
        f"{place('energykit/meters/parameters.py', 'class MeterParameters')}: add the field {name}"
    )
    shell = "services/energy_generator/__main__.py"
    assert name in generate.understood, (
        f"{place(shell, 'holds_until_next: ')}: add {name}: … | None = None, or no configuration "
        "can name it"
    )
    for page, line in MANUALS.items():
        assert re.search(rf"[`\"]{name}[`\"]", read(page)), (
            f"{place(page, line)}: say what {name!r} means"
        )


def format_modules() -> list[str]:
    folder = ROOT / "energykit" / "meters" / "formats"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", format_modules())
def test_every_format_of_a_meter_is_listed_and_has_what_a_reader_has(name):
    from energykit.meters.formats import FORMATS as METER_FORMATS
    from energykit.meters.formats import FormatReader

    home = "energykit/meters/formats"
    assert name in METER_FORMATS, (
        f"{place(f'{home}/__init__.py', 'FORMATS = (')}: add {name!r}, the name of {home}/{name}.py"
    )
    module = import_module(f"energykit.meters.formats.{name}")
    for part in sorted({*FormatReader.__annotations__, *vars(FormatReader)}):
        if part.startswith("_"):
            continue
        assert hasattr(module, part), (
            f"{home}/{name}.py:1: add {part}; {place(f'{home}/__init__.py', 'class FormatReader')} "
            "says what it is"
        )


@pytest.mark.parametrize("page", ["energykit/meters/__init__.py", "docs/your-data.md"])
def test_a_page_names_every_layout_of_a_meters_file(page):
    from energykit.meters.choice import LAYOUTS

    for layout in LAYOUTS:
        line = place(page, '"nem12"')
        assert f'"{layout}"' in read(page), f"{line}: say what layout {layout!r} is"
