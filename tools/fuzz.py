"""Coverage-guided fuzzing of what takes bytes from outside, with atheris (Linux, macOS).

``python tools/fuzz.py TARGET [--seconds N]``; the targets are those of ``tests/fuzz/targets.py``.
Inputs that failed are left in the folder that is named at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> int:
    """Fuzz one target for a time."""
    try:
        atheris = import_module("atheris")
    except ImportError:
        sys.stderr.write("atheris is not installed: pip install atheris==3.0.0\n")
        return 2
    with atheris.instrument_imports(include=["energykit"]):
        targets = import_module("tests.fuzz.targets").TARGETS
    given = read_options(list(targets))
    target, example = targets[given.target]
    folder = Path(tempfile.mkdtemp(prefix=f"energykit-fuzz-{given.target}-"))
    (folder / "valid").write_bytes(example())
    print(f"inputs are kept in {folder}", flush=True)
    options = [f"-max_total_time={given.seconds}", f"-artifact_prefix={folder}/failed-"]
    atheris.Setup([sys.argv[0], *options, str(folder)], target)
    atheris.Fuzz()
    return 0


def read_options(names: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", choices=names)
    parser.add_argument("--seconds", type=int, default=60, help="how long [s]")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
