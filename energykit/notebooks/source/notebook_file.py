"""Reading a notebook that is to run, whatever its file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError, suggest_file
from energykit.notebooks.source.discovery import is_remote
from energykit.notebooks.source.metadata import check_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["kernel_name_of", "language_of", "read_notebook"]

_FORMAT = 4
_PYTHON_NAMES = ("python", "ipykernel", "xpython", "conda", "venv", "env")
_OTHER_KERNELS = (
    *("ir", "irkernel", "julia", "bash", "zsh", "octave", "matlab", "scala", "almond", "spylon"),
    *("javascript", "ijavascript", "deno", "tslab", "ruby", "rust", "evcxr", "xcpp", "xc", "cling"),
    *("gophernotes", "gonb", "sas", "stata", "ihaskell", "haskell", "ocaml", "java", "kotlin"),
    *(".net-csharp", ".net-fsharp", "perl", "php", "sql", "xsql", "lua", "xlua", "powershell"),
)
"""How kernels of other languages are named where the notebook does not name the language."""


def read_notebook(path: Path | str) -> Any:
    """Return a notebook as nbformat has it, with what the runner's way needs filled in.

    What a file may lack or hold as null (outputs, metadata, tags, a kernel) is made empty; older
    formats are upgraded.

    Raises
    ------
    energykit.errors.UsageError
        There is no such file, it is not a notebook, or the key ``energykit`` of its or a cell's
        metadata holds what the runner does not understand.
    """
    import nbformat  # optional

    where = str(path)
    raw = _parse(_read_text(path), where)
    try:
        notebook = nbformat.from_dict(_repaired(raw))
        if notebook.nbformat != _FORMAT:
            notebook = nbformat.convert(notebook, _FORMAT)
    except Exception as exc:
        raise UsageError(f"is not a notebook: {exc}", where=where, hint="an .ipynb file") from exc
    check_metadata(notebook, where)
    return notebook


def _read_text(path: Path | str) -> str:
    if is_remote(path):
        return _read_remote(str(path))
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = suggest_file(path)
        raise UsageError("there is no such notebook", where=str(path), hint=hint) from None
    except (OSError, ValueError) as exc:
        raise UsageError(f"cannot be read: {exc}", where=str(path), hint="an .ipynb file") from exc


def _read_remote(path: str) -> str:
    from papermill.iorw import papermill_io  # only for addresses: it takes a while to import

    try:
        return str(papermill_io.read(path))
    except Exception as exc:
        hint = "papermill reads it: pip install 'papermill[all]', and check the address"
        raise UsageError(f"cannot be read: {exc}", where=path, hint=hint) from exc


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        raw = json.loads(text)
    except ValueError as exc:
        raise UsageError(f"is not JSON: {exc}", where=where, hint="an .ipynb file") from exc
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise UsageError(
            "is not a notebook: it has no nbformat", where=where, hint="an .ipynb file"
        )
    if not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise UsageError("is not a notebook: it has no cells", where=where, hint="an .ipynb file")
    return raw


def _repaired(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook's content with empty values for what is missing or null."""
    metadata = {
        name: value for name, value in (raw.get("metadata") or {}).items() if value is not None
    }
    repaired = raw | {"metadata": metadata, "nbformat_minor": raw.get("nbformat_minor") or 0}
    if isinstance(raw.get("cells"), list):
        repaired["cells"] = [
            _repaired_cell(cell) for cell in raw["cells"] if isinstance(cell, dict)
        ]
    return repaired


def _repaired_cell(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = {
        name: value for name, value in (cell.get("metadata") or {}).items() if value is not None
    }
    source = cell.get("source") or ""
    text = source if isinstance(source, str) else "".join(map(str, source))
    kind = cell.get("cell_type") or "code"
    repaired = cell | {"cell_type": kind, "metadata": metadata, "source": text}
    if kind == "code":
        outputs = cell.get("outputs") or []
        repaired |= {"outputs": outputs, "execution_count": cell.get("execution_count")}
    return repaired


def kernel_name_of(metadata: Mapping[str, Any]) -> str:
    """Return the kernel that a notebook names; empty where it names none."""
    kernel = metadata.get("kernelspec")
    return str((kernel.get("name") if isinstance(kernel, dict) else "") or "")


def language_of(metadata: Mapping[str, Any]) -> str:
    """Return the language that a notebook is written in, in small letters.

    The kernel's name decides where the notebook does not name a language; ``"python"`` where
    nothing says otherwise.
    """
    kernel, info = metadata.get("kernelspec"), metadata.get("language_info")
    language = (isinstance(kernel, dict) and kernel.get("language")) or (
        isinstance(info, dict) and info.get("name")
    )
    if language:
        return (
            "python" if str(language).lower() in {"ipython", "python3"} else str(language).lower()
        )
    name = kernel_name_of(metadata).lower()
    other = [kernel for kernel in _OTHER_KERNELS if _is_kernel(name, kernel)]
    return "r" if other and other[0].startswith("ir") else (other or ["python"])[0]


def _is_kernel(name: str, kernel: str) -> bool:
    return name == kernel or (name.startswith(f"{kernel}-") and not name.startswith(_PYTHON_NAMES))
