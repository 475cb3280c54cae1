"""Coverage-guided fuzzing of what takes bytes from outside, with atheris.

``python tools/fuzz.py [TARGET ...] [--seconds N]``; the targets are those of
``tests/fuzz/targets.py``. Inputs that failed are left in the folder that is named at the end.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
NAMES = ("csv", "pb", "parquet", "configuration", "record", "request")


def main() -> int:
    """Fuzz targets one after another; return 1 where one failed."""
    if find_spec("atheris") is None:
        print('not fuzzed by coverage: atheris is not installed (".[fuzz]"; Linux on x86-64)')
        return int(sys.platform == "linux" and platform.machine() == "x86_64")
    given = read_options()
    if len(given.targets) == 1:
        fuzz(given.targets[0], given.seconds)  # atheris ends the process
    failed = [name for name in given.targets if not is_sound(name, given.seconds)]
    if failed:
        print(f"inputs that failed: {', '.join(failed)}")
    return int(bool(failed))


def is_sound(name: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own; say what came of it."""
    command = [sys.executable, __file__, name, "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        print(said)
    last = [line for line in said.splitlines() if line.startswith("Done ")]
    print(f"{name}: {''.join(last) or 'failed'}", flush=True)
    return not done.returncode


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target for a time; end the process."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["energykit"]):
        targets = import_module("tests.fuzz.targets").TARGETS
    target, example = targets[name]
    folder = Path(tempfile.mkdtemp(prefix=f"energykit-fuzz-{name}-"))
    (folder / "valid").write_bytes(example())
    print(f"inputs are kept in {folder}", flush=True)
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/failed-"]
    atheris.Setup([sys.argv[0], *options, str(folder)], target)
    atheris.Fuzz()


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "targets", nargs="*", default=NAMES, metavar="TARGET", help=f"of {', '.join(NAMES)}"
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long each [s]")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    sys.exit(main())
