"""The files of one's own that Python files import, found without running them."""

from __future__ import annotations

import dis
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any

__all__ = ["with_imported"]

_INSTALLED = {"site-packages", "dist-packages"}
_KIT = "energykit"
"""Its version stands for its files."""
_IMPORT = dis.opmap["IMPORT_NAME"]


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
    """Yield the modules that a file imports, each as its parts; none where it is not Python.

    They are read from its bytecode: where several threads make syntax trees at once, a release of
    Python 3.11 may refuse one (CPython's issue 106905).
    """
    try:
        code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return
    before: tuple[Any, Any] = (0, ())
    for step in _instructions(code):
        if step.opname == "IMPORT_NAME":
            level, names = before
            above = package[: len(package) - level + 1] if level else ()
            module = (*above, *(step.argval.split(".") if step.argval else ()))
            yield from ((*module, name) for name in names) if names else (module,)
        before = (before[1], step.argval)


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    """Yield the instructions of code that imports, and of the functions and classes in it."""
    if _IMPORT in code.co_code[::2]:
        yield from (step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)
