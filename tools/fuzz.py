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
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, cast

NAMES = ("csv", "pb", "parquet", "configuration", "record", "request")
INPUT_S = 30
"""An input that takes longer has failed [s]."""
START_S = 120
"""How long a target may take before its first input and after its last, on a busy machine [s]."""
MOST_MB = 1500
"""Memory that a target may take; imports alone are 200 MB."""


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
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds + INPUT_S + START_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        print(f"{(exc.output or b'').decode(errors='replace')}\n{name}: did not end", flush=True)
        return False
    if done.returncode:
        print(done.stdout)
    last = [line for line in done.stdout.splitlines() if line.startswith("Done ")]
    print(f"{name}: {''.join(last) or 'failed'}", flush=True)
    return not done.returncode


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target for a time; end the process."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["energykit"]):
        target, example = load_targets()[name]
        target(example())  # imports what is only imported when it is needed, and takes its time
    folder = Path(tempfile.mkdtemp(prefix=f"energykit-fuzz-{name}-"))
    (folder / "valid").write_bytes(example())
    print(f"inputs are kept in {folder}", flush=True)
    limits = [f"-max_total_time={seconds}", f"-timeout={INPUT_S}", f"-rss_limit_mb={MOST_MB}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/failed-", str(folder)], target)
    atheris.Fuzz()


def load_targets() -> dict[str, Any]:
    """Return what takes bytes, and a valid example, by name."""
    path = Path(__file__).resolve().parents[1] / "tests" / "fuzz" / "targets.py"
    spec = spec_from_file_location("targets", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["targets"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("dict[str, Any]", module.TARGETS)


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
