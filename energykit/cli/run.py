"""``energykit run``: run a pipeline, and say what became of it."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config import load_config
from energykit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from energykit.config import PipelineConfig
    from energykit.results import RunResult

__all__ = ["add_parser"]

FIGURES = ("power", "daily_profile", "heatmap", "load_duration", "timeline")
"""What ``--figures`` draws."""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "run a pipeline"
    parser = commands.add_parser("run", help=text, description=text)
    parser.add_argument("config", help="a pipeline's JSON file")
    parser.add_argument("--local", action="store_true", help="start the services first, on free ports, and stop them")
    parser.add_argument("--data-root", default="data", help="what /data stands for (default: data)")
    parser.add_argument(
        "--address", action="append", default=[], metavar="ID=HOST:PORT", help="where a service listens, if elsewhere"
    )
    parser.add_argument("--figures", action="store_true", help="draw figures into the run's folder")
    parser.add_argument("--json", action="store_true", help="the record as JSON, for machines")
    parser.set_defaults(carry_out=_run)


def _run(given: argparse.Namespace) -> int:
    config = load_config(given.config, data_root=given.data_root)
    addresses = dict(map(_address, given.address))
    for warning in config.warnings:
        print(warning, file=sys.stderr)
    result = _result(config, addresses, given)
    if given.json:
        from energykit.results.file import run_to_json  # noqa: PLC0415  # only here

        print(run_to_json(result))
    else:
        _tell(result, figures=_figures(result) if given.figures and result.ok else [])
    return result.exit_code


def _address(text: str) -> tuple[str, str]:
    name, is_pair, address = text.partition("=")
    if not (name and is_pair and address):
        raise UsageError(f"{text!r} is no address", where="--address", hint="write ID=HOST:PORT")
    return name, address


def _result(config: PipelineConfig, addresses: dict[str, str], given: argparse.Namespace) -> RunResult:
    from energykit.cli.progress import ProgressBars, ProgressLines  # noqa: PLC0415  # imports grpc
    from energykit.executor import run  # noqa: PLC0415  # imports grpc

    progress = ProgressBars() if sys.stderr.isatty() else ProgressLines()
    with _services(config, addresses, given) as started, progress as bars:
        return run(config, started, data_root=given.data_root, addresses=addresses, on_event=bars.note)


def _services(
    config: PipelineConfig, addresses: dict[str, str], given: argparse.Namespace
) -> AbstractContextManager[Any]:
    """Return the services to start: none, or those that have no address of their own."""
    if not given.local:
        return nullcontext()
    from energykit.launcher import local_services  # noqa: PLC0415  # imports grpc

    names = [name for name in config.order if name not in addresses]
    print(f"starting {', '.join(names)}", file=sys.stderr)
    return local_services(names, data_root=given.data_root)


def _figures(result: RunResult) -> list[Path]:
    """Draw the figures of a run into its folder."""
    import matplotlib  # noqa: ICN001, PLC0415  # optional and heavy

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    from energykit import plots  # noqa: PLC0415

    made = []
    for name in FIGURES:
        with plots.style("light"):
            figure = getattr(result.plot, name)().get_figure()
        made.append((result.folder or Path()) / f"{name}.png")
        figure.savefig(made[-1], dpi=110)
        plt.close(figure)
    return made


def _tell(result: RunResult, *, figures: list[Path]) -> None:
    print(result)
    written = [stage.output_path for stage in result if stage.output_path]
    if result.ok and written:
        print(f"result: {written[-1]}")
    for path in figures:
        print(f"figure: {path}")
    if result.folder:
        print(f"record: {result.folder / 'run.json'}")
