"""Print what the image of a user needs beside the course itself, from pyproject.toml.

So that packages are a layer of their own, which a change of the course leaves as it is.
"""

import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text(encoding="utf-8"))

extras = PROJECT["project"]["optional-dependencies"]
hub = [name for name in extras["hub"] if name.startswith("jupyterhub")]
print(*PROJECT["project"]["dependencies"], *extras["notebooks"], *hub, sep="\n")
