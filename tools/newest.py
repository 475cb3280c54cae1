"""Run the tests with every package's newest version; say what differs from constraints.txt.

python tools/newest.py FOLDER [PYTEST OPTION ...]

FOLDER holds the environment, made with the Python that runs this; it is brought up to date each
time. The exit code is pytest's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^;\s]+)")


def normalize(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(text: str) -> dict[str, set[str]]:
    """Return the versions of each package in lines of ``name==version``."""
    pins: dict[str, set[str]] = {}
    for name, version in filter(None, (_pin(line) for line in text.splitlines())):
        pins.setdefault(normalize(name), set()).add(version)
    return pins


def _pin(line: str) -> tuple[str, str] | None:
    match = _PIN.match(line)
    return (match[1], match[2]) if match else None


def describe_differences(pinned: dict[str, set[str]], newest: dict[str, set[str]]) -> list[str]:
    """Return a line for each package whose newest version is not the tried one."""
    return [
        f"{name}: {' or '.join(sorted(pinned[name]))} -> {version}"
        for name, versions in sorted(newest.items())
        for version in versions
        if name in pinned and version not in pinned[name]
    ]


def make_environment(folder: Path) -> Path:
    """Make or update the environment, and return its interpreter."""
    if not (folder / "pyvenv.cfg").exists():
        venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    newest = ["--upgrade", "--upgrade-strategy", "eager", "-e", f"{ROOT}[dev]"]
    subprocess.run([*pip, *newest], check=True)
    return python


def main(arguments: list[str]) -> int:
    """Install, compare, test."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    print("==> installing the newest version of every package")
    python = make_environment(Path(arguments[0]).absolute())
    command = [python, "-m", "pip", "freeze", "--exclude-editable"]
    freeze = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pinned = read_pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    lines = describe_differences(pinned, read_pins(freeze))
    print(f"==> Python {sys.version.split()[0]}, {len(lines)} packages differ from constraints.txt")
    print("\n".join(f"  {line}" for line in lines), flush=True)
    tests = [python, "-m", "pytest", "-q", *arguments[1:]]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
