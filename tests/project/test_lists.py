"""Lists that are kept by hand say what the code says; where one does not, the line to add is shown.

Each message begins with ``file:line`` of the list and ends with what belongs there.
"""

import ast
import dataclasses
import inspect
import json
import re
import tomllib
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from energykit._proto import energy_pb2
from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts.columns import READINGS, REPORT
from energykit.artifacts.formats import FORMATS
from energykit.course import lessons
from energykit.meters.parameter_check import check_parameters
from energykit.meters.parameters import MeterParameters, meter_parameters
from energykit.readings.carried import CARRIED
from energykit.results import StageMetrics
from services.energy_analyzer.detectors import DETECTORS

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NUMBERS = dict(enumerate((
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
), start=1))  # fmt: skip


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def place(name: str, text: str) -> str:
    """``file:line`` of the first line that has a text; the file's last line where none has."""
    lines = read(name).splitlines()
    at = next((number for number, line in enumerate(lines, 1) if text in line), len(lines))
    return f"{name}:{at}"


def public_functions(folder: str):
    """Yield each function without an underscore below a folder, with its file."""
    for path in sorted((ROOT / folder).glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path.relative_to(ROOT).as_posix(), node


# figures


def test_every_figure_can_be_had_from_the_package():
    """Read, not imported: a name in ``__all__`` that nothing imports would stop the import."""
    package = read("energykit/plots/__init__.py")
    (listed,) = re.findall(r"(?s)__all__ = \[(.*?)\]", package)
    imported = set(re.findall(r"\b\w+\b", package.partition("__all__")[0]))
    for file, function in public_functions("energykit/plots"):
        if any(argument.arg == "ax" for argument in function.args.kwonlyargs):
            has_both = function.name in imported and f'"{function.name}"' in listed
            assert has_both, (
                f"{place('energykit/plots/__init__.py', '__all__ = [')}: import {function.name} "
                f"of {file}, and list it"
            )


def calls_of(path: Path) -> dict[str, set[str]]:
    """What each function of a file calls, itself or through others of the file, by name."""
    called = {
        node.name: {
            ast.unparse(call.func).rpartition(".")[2]
            for call in ast.walk(node)
            if isinstance(call, ast.Call)
        }
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    for _ in called:
        for names in called.values():
            names.update(*(called[name] for name in names & called.keys()))
    return called


def test_every_figure_says_what_it_shows():
    figures = [
        (file, function)
        for file, function in public_functions("energykit/plots")
        if any(argument.arg == "ax" for argument in function.args.kwonlyargs)
    ]
    names = {function.name for _, function in figures}
    assert len(names) > 10
    for file, function in figures:
        called = calls_of(ROOT / file)[function.name]
        assert called & ({"describe"} | names - {function.name}), (
            f"{file}:{function.end_lineno}: end {function.name} with describe(ax, …), the sentence "
            "for those who do not see it"
        )


def test_every_figure_of_readings_is_a_figure_of_a_run():
    from energykit import plots

    conftest = ast.parse(read("tests/plots/conftest.py"))
    (others,) = (
        ast.literal_eval(node.value)
        for node in conftest.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "OTHER_TABLES"
    )
    for name in plots.__all__:
        figure = getattr(plots, name)
        if not inspect.isfunction(figure) or name in others:
            continue
        if next(iter(inspect.signature(figure).parameters)) == "frame":
            assert hasattr(plots.RunPlots, name), (
                f"{place('energykit/plots/run.py', 'def timeline')}: add the method {name}() to "
                f"RunPlots, or {place('tests/plots/conftest.py', 'OTHER_TABLES')}: add {name!r} "
                "where it draws something else than readings"
            )


# detectors


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


DETECTOR_ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.*?) ?\| .+ \|$", re.MULTILINE)


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


def detector_rows() -> dict[str, str]:
    """The cell of parameters of each row of the first table, a described default as ``…``."""
    page = read("docs/detectors.md").partition("| name | flags |")[2].partition("\n\n")[0]
    return {name: cell for name, _, cell in DETECTOR_ROW.findall(page)}


def test_the_page_lists_the_detectors_in_their_order():
    rows = list(detector_rows())
    before = "| name | flags"
    for name, detector in DETECTORS.items():
        sentence = (detector.__doc__ or "").splitlines()[0].removeprefix("Flag ").rstrip(".")
        assert name in rows, (
            f"{place('docs/detectors.md', before)}: add below this row\n"
            f"| `{name}` | {sentence} | {expected_cell(detector)} | one reading |"
        )
        before = f"| `{name}` |"
    assert rows == list(DETECTORS), (
        f"{place('docs/detectors.md', '| name | flags')}: rows in the order of DETECTORS"
    )


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


# the contract


def test_the_page_defines_what_a_stage_reports():
    section = read("docs/nomenclature.md").partition("(`StageMetrics`)")[2].partition("\n## ")[0]
    defined = set(re.findall(r"`(\w+)`", section))
    on_the_wire = {field.name for field in pb.StageMetrics.DESCRIPTOR.fields}
    in_a_result = {field.name for field in dataclasses.fields(StageMetrics)}
    missing = sorted((on_the_wire | in_a_result) - defined)
    assert not missing, (
        f"{place('docs/nomenclature.md', '| `outputs` |')}: add a row for each of {missing}"
    )


@pytest.mark.parametrize(
    ("message", "table"), [("RawEnergyData", READINGS), ("ProcessedEnergyReport", REPORT)]
)
def test_every_field_of_a_row_is_a_column(message, table):
    fields = energy_pb2.DESCRIPTOR.message_types_by_name[message].fields_by_name
    for name in fields:
        assert name in table.schema, (
            f"{place('energykit/readings/carried.py', 'CARRIED = ')}: add {name!r}, a field of "
            f"{message}, which every stage hands on; or "
            f"{place('energykit/artifacts/columns.py', table.name.upper() + ' = ')}: a column"
        )
    for name in CARRIED:
        assert name in fields, (
            f"{place('protos/energy.proto', f'message {message}')}: add a field\n"
            f"  optional double {name} = {max(f.number for f in fields.values()) + 1};"
        )


# the course


def test_the_map_has_a_row_for_each_lesson():
    page = read("notebooks/README.md").splitlines()
    for lesson in lessons():
        row = (
            f"| [{lesson.title}]({lesson.path.name}) | {lesson.minutes} | {lesson.question} | "
            f"{lesson.before.rstrip('.')} |"
        )
        assert row in page, (
            f"{place('notebooks/README.md', '| [')}: the row of this lesson is\n{row}"
        )


def test_every_lesson_has_a_cheat_that_gets_no_points():
    (cheats,) = (
        node
        for node in ast.parse(read("tests/course/test_nbgrader.py")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HARD_CODED"
    )
    names = [key.value for key in cheats.value.keys]
    for lesson in lessons():
        assert lesson.name in names, (
            f"tests/course/test_nbgrader.py:{cheats.end_lineno}: add to HARD_CODED\n"
            f'    "{lesson.name}": "…",  # an answer that returns a fixed value'
        )
    assert set(names) == {lesson.name for lesson in lessons()}


@pytest.mark.parametrize("page", ["README.md", "docs/instructor.md", "notebooks/README.md"])
def test_a_page_counts_the_lessons_and_hours_as_they_are(page):
    count, minutes = len(lessons()), sum(lesson.minutes for lesson in lessons())
    expected = f"{NUMBERS[count]} lessons, about {NUMBERS[round(minutes / 60)]} hours"
    said = re.search(r"(\w+) lessons,\s+about (\w+) hours", read(page), re.IGNORECASE)
    assert said, f"{page}: say '{expected}'"
    assert said[0].lower() == expected, f"{place(page, said[0])}: write '{expected}'"


def test_the_decision_adds_the_minutes_up():
    minutes = sum(lesson.minutes for lesson in lessons())
    text = f"lessons' own minutes add up to {minutes}"
    assert text in read("docs/decisions.md").replace("\n", " "), (
        f"{place('docs/decisions.md', 'own minutes add up to')}: write '{text}'"
    )


def test_every_lesson_has_notes_for_the_instructor():
    text = read("tools/instructor.json")
    for lesson in lessons():
        assert lesson.name in json.loads(text), (
            f"tools/instructor.json:{len(text.splitlines())}: add {lesson.name!r} with its goals, "
            "typical wrong answers, and what to skip when late; then python tools/instructor.py"
        )


# formats of artefacts


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_reads_and_writes_a_format_exists(suffix):
    for role in (FORMATS[suffix].reader, FORMATS[suffix].writer):
        module, _, name = role.partition(":")
        file = f"{module.replace('.', '/')}.py"
        row = place("energykit/artifacts/formats.py", role)
        assert (ROOT / file).is_file(), f"{file}: write it, with {name}; {row} names it"
        assert hasattr(import_module(module), name), f"{file}: add {name}; {row} names it"


def test_every_reader_belongs_to_a_format():
    readers = {entry.reader for entry in FORMATS.values()}
    for path in sorted((ROOT / "energykit" / "artifacts").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and re.fullmatch(r"\w+Reader", node.name):
                role = f"energykit.artifacts.{path.stem}:{node.name}"
                assert role in readers, (
                    f"{place('energykit/artifacts/formats.py', 'for entry in (')}: add\n"
                    f'Format(name="…", suffix="…", looks="…", reader="{role}", writer="…"),'
                )


# services


def service_folders() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))


@pytest.mark.parametrize("folder", service_folders())
def test_every_service_is_registered(folder):
    modules = PROJECT["entry-points"]["energykit.services"].values()
    assert f"services.{folder}" in modules, (
        f"{place('pyproject.toml', 'report-generator = ')}: add "
        f'{folder.replace("_", "-")} = "services.{folder}", then repeat pip install -e .'
    )


@pytest.mark.parametrize("name", PROJECT["entry-points"]["energykit.services"])
def test_what_an_entry_point_names_can_be_started(name):
    module = PROJECT["entry-points"]["energykit.services"][name]
    for file in ("__init__.py", "__main__.py"):
        path = f"{module.replace('.', '/')}/{file}"
        assert (ROOT / path).is_file(), (
            f"{path}:1: write it; {place('pyproject.toml', f'{name} = ')} names the module"
        )


def registries() -> dict[str, dict[str, str]]:
    """The registry of each shipped pipeline whose services listen on this machine, by file name."""
    found = {}
    for path in sorted((ROOT / "config").glob("*.json")):
        registry = json.loads(path.read_text(encoding="utf-8")).get("service_registry")
        if registry is not None:
            found[path.name] = registry
    return found


@pytest.mark.parametrize("name", registries())
def test_every_service_of_a_configuration_has_an_entry_point(name):
    for service in registries()[name]:
        assert service in PROJECT["entry-points"]["energykit.services"], (
            f"{place('pyproject.toml', 'report-generator = ')}: register {service!r}, which "
            f"config/{name} names"
        )


def test_every_service_of_the_pipeline_is_part_of_a_shipped_configuration():
    used = {service for registry in registries().values() for service in registry}
    for service in PROJECT["entry-points"]["energykit.services"]:
        if service != "dummy":  # answers for tests and for `energykit call`
            assert service in used, (
                f"config/{service}-pipeline.json:1: add a configuration that runs {service!r}"
            )


# the command line


def test_the_readme_lists_every_command(capsys):
    from energykit.cli import main

    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("show the version and exit")[2]
    commands = re.findall(r"^    ([a-z]+)(?:  |$)", listed, re.MULTILINE)
    assert "run" in commands
    rows = set(re.findall(r"^\| `energykit ([a-z-]+)", read("README.md"), re.MULTILINE))
    for command in commands:
        assert command in rows, (
            f"{place('README.md', '| `energykit proto`')}: add the row\n"
            f"| `energykit {command} …` | … |"
        )


# benchmarks


def test_every_benchmark_is_run():
    text, peers = read("benchmarks/run.py"), read("benchmarks/peers.py")
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        is_script = "__main__" in path.read_text(encoding="utf-8")
        if is_script and path.stem not in {"against", "peers", "run"}:
            which = peers if path.stem.startswith("peer_") else text
            assert re.search(rf"\b{path.stem}\b", which), (
                f"{place('benchmarks/run.py', 'import')}: run {path.stem} there"
            )


# a meter's file


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
