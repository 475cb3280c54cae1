"""Where in the project a line belongs that a list lacks: ``file:line``."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def place(name: str, text: str) -> str:
    """``file:line`` of the first line that has a text; the file's last line where none has."""
    lines = read(name).splitlines()
    at = next((number for number, line in enumerate(lines, 1) if text in line), len(lines))
    return f"{name}:{at}"


def public_functions(folder: str):
    """Yield each function without an underscore below a folder, with its file."""
    for path in sorted((ROOT / folder).glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path.relative_to(ROOT).as_posix(), node
