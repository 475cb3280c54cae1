"""The files of one's own that Python files import, found without running them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["with_imported"]

_INSTALLED = {"site-packages", "dist-packages"}
_KIT = "energykit"
"""Its version stands for its files."""


def with_imported(files: Iterable[Path]) -> set[Path]:
    """Return files and those that they import, directly or through others, of the same folder.

    That folder is the one that Python would find them in: the file's own, or the one that the
    outermost package is in. Of a folder of installed packages, only the same package counts.
    An import that has a computed name is not seen.

    Parameters
    ----------
    files
        Python files.
    """
    found = set(files)
    waiting = list(found)
    while waiting:
        new = set(_imported(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _imported(file: Path) -> Iterator[Path]:
    """Yield the files that one file imports."""
    root = file.parent
    while (root / "__init__.py").is_file() and root != root.parent:
        root = root.parent
    package = file.relative_to(root).parts[:-1]
    for name in _names(file, package):
        is_own = bool(package) and name[0] == package[0]
        if name[0] == _KIT or (root.name in _INSTALLED and not is_own):
            continue
        for length in range(1, len(name) + 1):
            path = root.joinpath(*name[:length])
            candidates = (path.with_name(f"{path.name}.py"), path / "__init__.py")
            yield from (each for each in candidates if each.is_file())


def _names(file: Path, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the modules that a file imports, each as its parts; none where it is not Python."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = (*above, *(node.module.split(".") if node.module else ()))
            yield from ((*module, alias.name) for alias in node.names)
