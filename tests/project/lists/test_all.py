"""`__all__` of each module says what others import from it, and is sorted."""

import ast
import functools

from tests.project.lists.place import ROOT

SOURCES = sorted(
    path
    for folder in ("energykit", "services")
    for path in (ROOT / folder).rglob("*.py")
    if "_proto" not in path.parts
)


@functools.cache
def modules():
    """Each module's path, what it defines, and the names and the line of its `__all__`."""
    found = []
    for path in SOURCES:
        names, line, body = [], 1, ast.parse(path.read_text(encoding="utf-8")).body
        for node in body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names, line = ast.literal_eval(node.value), node.lineno
        found.append((path.relative_to(ROOT).as_posix(), body, names, line))
    return found


def as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest (RUF022)."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_all_is_sorted():
    wrong = [
        f"{path}:{line}: write {sorted(names, key=as_ruff_sorts)}"
        for path, _, names, line in modules()
        if names != sorted(names, key=as_ruff_sorts)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_public_function_and_class_of_a_module_is_in_all():
    """What others import is said at the top; nobody imports a `__main__`."""
    wrong = [
        f"{path}:{line}: add {node.name!r} to __all__, or call it _{node.name}"
        for path, body, names, line in modules()
        if not path.endswith("/__main__.py") and path != "energykit/__init__.py"
        for node in body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and node.name not in names
        and not node.name.startswith("_")
    ]
    assert not wrong, "\n".join(wrong)
