"""``energykit look``: what a meter's file is, and which parameters import it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts.atomic import replace_file
from energykit.cli.root import add_data_root
from energykit.cli.stream import print_json
from energykit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from energykit.looking import Look

__all__ = ["add_parser"]

_STAGES = ("energy-generator", "energy-analyzer", "report-generator")
_FIRST_PORT = 50051
_TIMEOUT_S = 300


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "look at a meter's file: layout, clock, units, doubts, and the parameters that import it"
    parser = commands.add_parser("look", help=text, description=text)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file as the meter gave it")
    parser.add_argument(
        "--write", metavar="CONFIG", help="write a whole configuration for the file"
    )
    parser.add_argument("--json", action="store_true", help="everything as JSON, for machines")
    add_data_root(parser)
    parser.set_defaults(run_command=_look)


def _look(given: argparse.Namespace) -> int:
    from energykit.looking import look

    if given.write and len(given.files) > 1:
        raise UsageError("one configuration imports one file", hint="name one FILE with --write")
    looks = [look(name) for name in given.files]
    if given.json:
        print_json([each.plain() for each in looks] if len(looks) > 1 else looks[0].plain())
    else:
        print("\n\n".join(map(repr, looks)))
    if given.write:
        _write(looks[0], Path(given.write), Path(given.data_root), quiet=given.json)
    return 0 if all(each.is_recognised for each in looks) else 1


def _write(seen: Look, target: Path, root: Path, *, quiet: bool) -> None:
    """Write a configuration of three stages that imports a file."""
    if not seen.is_recognised:
        raise UsageError(
            f"{seen.path.name} is not recognised: no configuration was written",
            hint="write the parameters by hand: docs/your-data.md lists them by layout",
        )
    plan = _plan(seen, _inside(seen.path, root))
    with replace_file(target) as file:
        file.write((json.dumps(plan, indent=2, ensure_ascii=False) + "\n").encode())
    if not quiet:
        print(f"\nwrote {target}: energykit run {target} --local --data-root {root}")


def _inside(path: Path, root: Path) -> str:
    """Return a file's path as a request has it."""
    try:
        return "/data/" + path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise UsageError(
            f"{path} is not in the data root {root}, which is all that services read",
            where="--data-root",
            hint=f"copy it to {root / path.name}, or name its folder with --data-root",
        ) from None


def _plan(seen: Look, source: str) -> dict[str, Any]:
    """Return the configuration."""
    name = seen.path.name.partition(".")[0] or "meter"
    files = [source]
    files += [
        f"/data/out/{name}/{file}"
        for file in ("energy_data.csv", "analysis_output.pb", "energy_report.csv")
    ]
    parameters = (
        dict(seen.parameters),
        {"detectors": [_detector(seen)]},
        {"reasons": True, "summary": True},
    )
    return {
        "workflow_name": f"{name}-pipeline",
        "start_node": _STAGES[0],
        "execution_mode": "sequential",
        "service_registry": {
            stage: f"127.0.0.1:{_FIRST_PORT + n}" for n, stage in enumerate(_STAGES)
        },
        "containers": {
            stage: {
                "id": stage,
                "input_file": files[n],
                "output_file": files[n + 1],
                "next_node": _STAGES[n + 1] if n + 1 < len(_STAGES) else "",
                "timeout_seconds": _TIMEOUT_S,
                "parameters": parameters[n],
            }
            for n, stage in enumerate(_STAGES)
        },
    }


def _detector(seen: Look) -> str:
    """Return the detector that has something to look at: without voltage or current, gaps."""
    has_both = seen.readings is not None and all(
        seen.readings[name].count() for name in ("voltage", "current")
    )
    return "power_factor_range" if has_both else "gap"
