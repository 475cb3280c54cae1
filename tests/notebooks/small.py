"""Small notebooks of a few cells."""

from pathlib import Path

import nbformat


def write(path: Path, *cells: str | tuple[str, str, dict], metadata: dict | None = None) -> Path:
    notebook = nbformat.v4.new_notebook(metadata=metadata or {})
    for number, cell in enumerate(cells, 1):
        source, name, own = cell if isinstance(cell, tuple) else (cell, f"cell-{number}", {})
        notebook.cells.append(nbformat.v4.new_code_cell(source.strip(), id=name, metadata=own))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
