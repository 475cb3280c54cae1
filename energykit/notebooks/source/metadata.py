"""What the metadata of a notebook and of its cells say to the runner.

The runner's own stand under the key ``energykit``. Those of other runners are understood where they
mean the same; where they ask for something that is not done here, the verdict says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "RULES",
    "allowed_rules",
    "check_metadata",
    "check_rules",
    "foreign_requests",
    "is_skipped",
    "nbmake_code",
    "notebook_rules",
    "own_metadata",
    "raises_any",
    "tags_of",
]

RULES = {
    "exit": "sys.exit(0), exit and quit end the notebook",
    "command": "a !command may fail",
    "magic": "a magic of IPython may fail by saying so only",
    "files": "files may be written outside the run's folder",
    "leaks": "processes and ports may be left open",
    "figures": "figures may be made and never shown",
}
"""Rules that can be switched off, by cell or notebook metadata ``allow`` and by ``--allow``."""

_Kinds = dict[str, tuple[type, ...]]
_OF_CELLS: _Kinds = {
    "allow": (list,),
    "compare_pixels": (bool,),
    "errors_expected": (bool,),
    "figures_vary": (bool,),
    "ignore": (list,),
    "raises": (str,),
    "timeout_s": (int, float),
}
_OF_NOTEBOOKS: _Kinds = {
    "allow": (list,),
    "errors_expected": (bool,),
    "figures": (int,),
    "files": (list,),
    "ignore": (list,),
}
_SKIPPING = frozenset({"skip-execution", "nbval-skip"})
_RAISING = frozenset({"raises-exception", "nbval-raises-exception"})
_NBMAKE = frozenset({"mock", "post_cell_execute"})


def own_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what metadata hold under the key ``energykit``; empty where that is nothing."""
    own = (metadata or {}).get("energykit")
    return dict(own) if isinstance(own, dict) else {}


def tags_of(cell: Any) -> list[str]:
    """Return the tags of a cell, those that nbval reads from a comment included."""
    tags = (cell.get("metadata") or {}).get("tags") or []
    first = str(cell.get("source") or "").lstrip().partition("\n")[0]
    is_comment = first.startswith("#") and "NBVAL_" in first
    words = first.lstrip("# ").split() if is_comment else []
    return [str(tag) for tag in tags] + [word.lower().replace("_", "-") for word in words]


def is_skipped(cell: Any) -> bool:
    """Return whether a cell asks not to be executed."""
    return bool(_SKIPPING.intersection(tags_of(cell)))


def raises_any(cell: Any) -> bool:
    """Return whether a tag of a cell says that it raises some exception."""
    return bool(_RAISING.intersection(tags_of(cell)))


def allowed_rules(*metadata: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the rules that metadata switch off."""
    return frozenset(rule for one in metadata for rule in own_metadata(one).get("allow", ()))


def notebook_rules(notebook: Any, allow: Iterable[str]) -> frozenset[str]:
    """Return the rules about a whole notebook that are switched off, by caller, it, or a cell."""
    metadata = [notebook["metadata"], *(cell["metadata"] for cell in notebook["cells"])]
    return frozenset(allow) | allowed_rules(*metadata)


def check_metadata(notebook: Any, where: str) -> None:
    """Check that the runner understands what a notebook says to it.

    Raises
    ------
    energykit.errors.UsageError
        A name under the key ``energykit`` is unknown, or has a value of another type.
    """
    _check(notebook.metadata, _OF_NOTEBOOKS, where)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(codes, 1):
        _check(cell.metadata, _OF_CELLS, f"{where}: cell {number}")


def _check(metadata: Mapping[str, Any], kinds: _Kinds, where: str) -> None:
    own = metadata.get("energykit", {})
    if not isinstance(own, dict):
        hint = 'write {"energykit": {"timeout_s": 120}}'
        raise UsageError(
            f"the metadata 'energykit' are {own!r}, not an object", where=where, hint=hint
        )
    for name, value in own.items():
        if name not in kinds:
            what = f"the metadata 'energykit' have no {name!r}"
            raise UsageError(what, where=where, hint=nearest(name, kinds))
        _check_type(name, value, kinds[name], where)
    check_rules(own.get("allow", ()), where)
    if not own.get("timeout_s", 1) > 0:
        hint = "a number above 0"
        raise UsageError(f"a time-out of {own['timeout_s']!r} s", where=where, hint=hint)


def _check_type(name: str, value: Any, types: tuple[type, ...], where: str) -> None:
    is_flag_for_number = isinstance(value, bool) and bool not in types
    if not isinstance(value, types) or is_flag_for_number:
        kinds = " or ".join(kind.__name__ for kind in types)
        raise UsageError(f"the metadata {name!r} are {value!r}, not {kinds}", where=where)


def check_rules(names: Sequence[str], where: str) -> None:
    """Check names of rules that are to be switched off.

    Raises
    ------
    energykit.errors.UsageError
        There is no such rule.
    """
    for name in names:
        if name not in RULES:
            hint = nearest(str(name), RULES)
            raise UsageError(f"there is no rule {name!r} to allow", where=where, hint=hint)


def nbmake_code(cell: Any) -> str:
    """Return the code that nbmake's metadata ask to run behind a cell: values to set, and lines."""
    asked = (cell.get("metadata") or {}).get("nbmake")
    if not isinstance(asked, dict):
        return ""
    mock, lines = asked.get("mock"), asked.get("post_cell_execute")
    values = mock.items() if isinstance(mock, dict) else ()
    code = [f"{name} = {value!r}" for name, value in values]
    return "\n".join([*code, *(lines if isinstance(lines, list) else [])])


def foreign_requests(notebook: Any) -> Iterator[str]:
    """Yield what other runners' metadata ask for and this one does not do, as sentences."""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(codes, 1):
        asked = cell.metadata.get("nbmake")
        for name in sorted({*asked} - _NBMAKE) if isinstance(asked, dict) else ():
            yield f"cell {number}: nbmake's {name!r} is not done here"
        ignored = [tag for tag in tags_of(cell) if tag.startswith("nbval-check")]
        if ignored:
            yield f"cell {number}: {ignored[0]!r} counts only with --compare-outputs"
