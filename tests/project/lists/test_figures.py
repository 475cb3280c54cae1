"""Every figure can be had from the package and from a run, and says what it shows."""

import ast
import inspect
import re
from pathlib import Path

from tests.project.lists.place import ROOT, place, public_functions, read


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
        figure = getattr(plots, name, None)
        if not inspect.isfunction(figure) or name in others:
            continue
        if next(iter(inspect.signature(figure).parameters)) == "frame":
            assert hasattr(plots.RunPlots, name), (
                f"{place('energykit/plots/run.py', 'def timeline')}: add the method {name}() to "
                f"RunPlots, or {place('tests/plots/conftest.py', 'OTHER_TABLES')}: add {name!r} "
                "where it draws something else than readings"
            )
