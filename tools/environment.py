"""Write environment.yml (conda) from pyproject.toml, so that the two cannot say different things.

python tools/environment.py           rewrite environment.yml
python tools/environment.py --check   exit 1 where it differs
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "environment.yml"
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
"""Names that differ between conda-forge and the Python package index."""
HEAD = """\
# Made by tools/environment.py from pyproject.toml: edit that, then run
# `python tools/environment.py`.
#   conda env create -f environment.yml && conda activate energykit
name: energykit
channels:
  - conda-forge
dependencies:
"""


def conda_requirement(requirement: str) -> str:
    """Return a requirement of pyproject.toml in conda's spelling."""
    name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)}{bounds.replace(' ', '')}"


def environment() -> str:
    """Return the text of environment.yml: base and notebook packages, the kit itself by pip."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["notebooks"]]
    lines = [f"python{project['requires-python']}", *sorted(map(conda_requirement, wanted)), "pip"]
    return HEAD + "".join(f"  - {line}\n" for line in lines) + "  - pip:\n      - -e .\n"


def main(arguments: list[str]) -> int:
    """Write or compare."""
    text = environment()
    if "--check" in arguments:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {TARGET.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
