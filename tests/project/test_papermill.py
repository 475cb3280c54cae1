"""papermill executes every notebook that the kit runs; nothing else does."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXECUTE = {
    "energykit/notebooks/engine/debug.py",
    "energykit/notebooks/engine/worker.py",
}
"""Where papermill is asked to execute a notebook."""
OTHERS = {"NotebookClient", "ExecutePreprocessor", "executenb", "async_execute"}
"""What would execute one without papermill."""
FOLDERS = ("energykit", "services", "tools")


def names(source: str) -> list[str]:
    """Return every name that a module imports or uses, and the words of its commands."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Constant) and node.value == "--execute":
            found.append("nbconvert --execute")
    return found


def modules() -> list[Path]:
    return [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]


def users(names_looked_for: set[str]) -> set[str]:
    """Return the modules that use one of some names."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if names_looked_for & set(names(path.read_text(encoding="utf-8")))
    }


def test_papermill_executes_where_it_is_known_to():
    assert users({"execute_notebook"}) == EXECUTE


def test_nothing_else_executes_a_notebook():
    assert users({*OTHERS, "nbconvert --execute"}) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from nbclient import NotebookClient",
        "import nbclient\nnbclient.NotebookClient(nb).execute()",
        "from nbconvert.preprocessors import ExecutePreprocessor as run",
        "command = ['jupyter', 'nbconvert', '--execute', path]",
    ],
)
def test_another_way_would_be_found(source):
    assert {*OTHERS, "nbconvert --execute"} & set(names(source))
