"""Reading a notebook that is to run: it is one, in Python, and the runner understands what its metadata say to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_notebook"]

_Kinds = dict[str, tuple[type, ...]]
_OF_CELLS: _Kinds = {
    "compare_pixels": (bool,),
    "errors_expected": (bool,),
    "figures_vary": (bool,),
    "ignore": (list,),
    "raises": (str,),
    "timeout_s": (int, float),
}
_OF_NOTEBOOKS: _Kinds = {"errors_expected": (bool,), "figures": (int,), "ignore": (list,)}


def read_notebook(path: Path) -> Any:
    """Return a notebook as nbformat reads it.

    Raises
    ------
    energykit.errors.UsageError
        There is no such file, it holds no notebook, or one of another language, or the key
        ``energykit`` of its or a cell's metadata holds what the runner does not know.
    """
    import nbformat  # optional

    if not path.is_file():
        raise UsageError("there is no such notebook", where=str(path), hint="check the path")
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as exc:
        raise UsageError(f"is no notebook: {exc}", where=str(path), hint="an .ipynb file") from exc
    language = _language(notebook.metadata)
    if language != "python":
        hint = "only notebooks in Python run here"
        raise UsageError(f"its language is {language!r}", where=str(path), hint=hint)
    _check(notebook.metadata, _OF_NOTEBOOKS, str(path))
    for where, metadata in _cells(notebook, str(path)):
        _check(metadata, _OF_CELLS, where)
    return notebook


def _language(metadata: Mapping[str, Any]) -> str:
    """Return what a notebook says to be written in; Python where it says nothing."""
    said = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get(
        "name"
    )
    return str(said or "python").lower()


def _cells(notebook: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        yield f"{path}: cell {number}", cell.metadata


def _check(metadata: Mapping[str, Any], known: _Kinds, where: str) -> None:
    own = metadata.get("energykit", {})
    if not isinstance(own, dict):
        hint = 'write {"energykit": {"timeout_s": 120}}'
        raise UsageError(f"the metadata 'energykit' are {own!r}, no object", where=where, hint=hint)
    for name, value in own.items():
        if name not in known:
            raise UsageError(
                f"the metadata 'energykit' know no {name!r}", where=where, hint=nearest(name, known)
            )
        is_flag_for_number = isinstance(value, bool) and bool not in known[name]
        if not isinstance(value, known[name]) or is_flag_for_number:
            kinds = " or ".join(kind.__name__ for kind in known[name])
            raise UsageError(f"the metadata {name!r} are {value!r}, no {kinds}", where=where)
    if not own.get("timeout_s", 1) > 0:
        raise UsageError(
            f"a time-out of {own['timeout_s']!r} s", where=where, hint="a number above 0"
        )
