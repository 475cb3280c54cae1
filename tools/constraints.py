"""Write constraints.txt: the version of every package, tried together, for reproducible classes.

    python tools/constraints.py      make a fresh environment with all extras and write down what it
    got

The stubs in energykit/_proto are generated with the oldest grpcio-tools that the kit supports, so
that one is held back.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "dev,docs,fuzz,hub,ui"
HELD = (
    "grpcio-tools==1.74.0",
    "grpcio==1.78.2",
    "grpcio-health-checking==1.78.2",
    "grpcio-reflection==1.78.2",
    "protobuf<7",
)
NOT_PINNED = ("energykit-course", "pip", "setuptools")
ELSEWHERE = {
    "atheris": ('python_version < "3.12"', "3.1.0"),
    "grpcio-tools": ('python_version < "3.14"', "1.78.2"),
    "pymdown-extensions": ('python_full_version >= "3.11.5"', "12.3"),
    "soupsieve": ('python_full_version >= "3.11.5"', "2.10"),
}
"""Packages whose version does not run on every Python: where it does, and what elsewhere."""
HEAD = """\
# Made by tools/constraints.py: every version, tried together.
# `pip install -c constraints.txt -e ".[notebooks]"`
"""


def frozen(folder: Path) -> list[str]:
    """Return what a fresh environment with all extras holds, a `name==version` each."""
    venv.create(folder, with_pip=True)
    python = next(
        path
        for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe")
        if path.exists()
    )
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *HELD, "-e", f"{ROOT}[{EXTRAS}]"], check=True)
    listed = subprocess.run(
        [*pip, "freeze", "--exclude-editable"], check=True, capture_output=True, text=True
    )
    return [
        line
        for line in listed.stdout.splitlines()
        if "==" in line and not line.startswith(NOT_PINNED)
    ]


def with_markers(line: str) -> list[str]:
    """Return a pin, or one for each version of Python where it needs that."""
    name, _, version = line.partition("==")
    if name not in ELSEWHERE:
        return [line]
    where, other = ELSEWHERE[name]
    opposite = where.replace("<", ">=") if "<" in where else where.replace(">=", "<")
    return [f"{name}=={version}; {where}", f"{name}=={other}; {opposite}"]


def main() -> int:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [pin for line in frozen(Path(folder)) for pin in with_markers(line)]
    (ROOT / "constraints.txt").write_text(
        HEAD + "\n".join(lines) + "\n", encoding="utf-8", newline="\n"
    )
    print(f"wrote constraints.txt: {len(lines)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
