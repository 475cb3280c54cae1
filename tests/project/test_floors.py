"""The floors of the design: imports go downward or sideways, never up, never in a cycle."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {
    "errors": 0,
    "_proto": 0,
    "distribution": 0,
    "html": 0,
    "live": 0,
    "masking": 0,
    "module_command": 0,
    "printable": 0,
    "private_folder": 0,
    "readings": 0,
    "temporary_folder": 0,
    "artifacts": 1,
    "checkup": 1,
    "cleaning": 1,
    "certificates": 1,
    "config": 1,
    "credentials": 1,
    "datasets": 1,
    "meters": 1,
    "project": 1,
    "protoc": 1,
    "results": 1,
    "scoring": 1,
    "telemetry": 1,
    "wire": 1,
    "executor": 2,
    "launcher": 2,
    "looking": 2,
    "plots": 2,
    "serving": 2,
    "cli": 3,
    "contract": 3,
    "course": 3,
    "exercises": 3,
    "experiments": 3,
    "magics": 3,
    "report": 3,
    "notebooks": 3,
    "widgets": 3,
    "__main__": 4,
}
HEAVY = {"IPython", "matplotlib", "nbclient", "pandas", "papermill"}
PURE_ALLOWED = {"numpy", "pandas", "polars", "services"}
PURE_ROOMS = {"errors", "meters", "readings"}
"""Rooms that a pure stage module may import: errors, the rules of the data, meters' files."""


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "_proto" not in path.parts)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, *, typing_too: bool = True) -> set[str]:
    """Full names of everything imported, also inside functions."""
    found: set[str] = set()
    for node in walk(tree, typing_too=typing_too):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def walk(tree: ast.AST, *, typing_too: bool):
    for child in ast.iter_child_nodes(tree):
        is_typing = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        if is_typing and not typing_too:
            continue
        yield child
        yield from walk(child, typing_too=typing_too)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def room(name: str) -> str:
    """The module directly below energykit that a full name belongs to."""
    return name.split(".")[1] if "." in name else ""


def room_of_kit(name: str) -> str:
    """The room that a full name belongs to, empty outside the kit."""
    return room(name) if name.startswith("energykit.") else ""


@pytest.mark.parametrize("path", sources("energykit"), ids=module_name)
def test_imports_go_down_or_sideways(path):
    own = room(module_name(path))
    if not own:
        return  # the facade: imports nothing, checked below
    for name in imports(parsed(path)):
        assert not name.startswith("services"), (
            f"{path.name} imports {name}: energykit never imports services"
        )
        if name.startswith("energykit.") and room(name) != own:
            assert FLOORS[room(name)] <= FLOORS[own], (
                f"{own} (floor {FLOORS[own]}) imports {name} above it"
            )


@pytest.mark.parametrize("path", sources("energykit/notebooks"), ids=module_name)
def test_the_notebook_runner_uses_only_the_lowest_floor_of_the_kit(path):
    used = {name for name in imports(parsed(path)) if name.startswith("energykit.")}
    own = {"errors", "html", "module_command", "notebooks", "private_folder", "temporary_folder"}
    foreign = {name for name in used if room(name) not in own}
    assert not foreign, f"{path} imports {sorted(foreign)}: the runner stands on its own"


def test_every_module_has_a_floor():
    rooms = {room(module_name(path)) for path in sources("energykit")} - {""}
    assert rooms <= FLOORS.keys()


def test_the_facade_imports_nothing_of_the_kit():
    facade = ROOT / "energykit" / "__init__.py"
    assert not [
        name for name in imports(parsed(facade), typing_too=False) if name.startswith("energykit")
    ]


def test_there_is_no_cycle_between_rooms():
    graph: dict[str, set[str]] = {}
    for path in sources("energykit"):
        own = room(module_name(path))
        below = {
            room(name)
            for name in imports(parsed(path), typing_too=False)
            if name.startswith("energykit.")
        }
        graph.setdefault(own, set()).update(below - {own})
    list(graphlib.TopologicalSorter(graph).static_order())


def import_graph(imported) -> dict[str, set[str]]:
    """What each file of the kit and of the services imports of them, by module name."""
    paths = [*sources("energykit"), *sources("services")]
    names = {module_name(path) for path in paths}
    graph = {}
    for path in paths:
        below = {name if name in names else name.rpartition(".")[0] for name in imported(path)}
        graph[module_name(path)] = (below & names) - {module_name(path)}
    return graph


def test_there_is_no_cycle_between_files_counting_imports_for_types_and_inside_functions():
    graph = import_graph(lambda path: imports(parsed(path)))
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", sources("energykit"), ids=module_name)
def test_optional_packages_are_imported_inside_functions(path):
    if room(module_name(path)) in {"notebooks", "pytest_plugin"}:
        return  # needs the extra as a whole
    tops = {
        name
        for node in parsed(path).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
    }
    assert not {name.split(".")[0] for name in tops} & HEAVY


@pytest.mark.parametrize("path", sources("services"), ids=module_name)
def test_a_pure_stage_module_imports_only_frames_and_the_standard_library(path):
    import sys

    if path.name in {"__main__.py", "typed.py"}:
        return  # the shell joins the stage to energykit.serving
    names = imports(parsed(path))
    tops = {name.split(".")[0] for name in names if room_of_kit(name) not in PURE_ROOMS}
    assert tops - set(sys.stdlib_module_names) <= PURE_ALLOWED


@pytest.mark.parametrize("path", [*sources("energykit"), *sources("services")], ids=module_name)
def test_shapes_that_the_design_rules_out(path):
    tree = parsed(path)
    in_cli = room(module_name(path)) == "cli"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith("Manager")
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert not called.startswith("sys.path."), f"{path}:{node.lineno}"
            assert called != "print" or in_cli, f"{path}:{node.lineno}: print outside cli"
            in_main = path.name in {"__main__.py", "main.py"} or in_cli
            assert called != "sys.exit" or in_main, f"{path}:{node.lineno}: sys.exit outside main"


def test_no_module_is_named_after_nothing():
    forbidden = {"utils", "helpers", "common", "util", "misc"}
    assert not [
        path for path in [*sources("energykit"), *sources("services")] if path.stem in forbidden
    ]
