"""``energykit run``: run a pipeline, and say what became of it."""

from __future__ import annotations

import sys
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit import live
from energykit.cli.interruption import naming_the_signal
from energykit.cli.modules import add_modules, read_modules
from energykit.cli.root import add_data_root, check_data_root
from energykit.cli.stream import print_json
from energykit.config import load_config
from energykit.config.shape import address_problem
from energykit.errors import MissingPackageError, UsageError, nearest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from energykit.config import PipelineConfig
    from energykit.executor.earlier import Resumable
    from energykit.executor.lock import OutputLocks
    from energykit.results import RunResult

__all__ = ["add_parser"]

FIGURES = ("power", "daily_profile", "heatmap", "load_duration", "timeline")
"""What ``--figures`` draws."""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "run a pipeline"
    parser = commands.add_parser("run", help=text, description=text)
    parser.add_argument("config", help="a pipeline's JSON file")
    _add_services(parser)
    _add_resume(parser)
    parser.add_argument(
        "--limit", type=float, metavar="SECONDS", help="limit for the whole run (exit code 4)"
    )
    parser.add_argument("--figures", action="store_true", help="draw figures into the run's folder")
    parser.add_argument("--json", action="store_true", help="the record as JSON, for machines")
    parser.set_defaults(run_command=_run)


def _add_services(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--local",
        action="store_true",
        help="start the services first, on free ports, and stop them",
    )
    add_data_root(parser)
    parser.add_argument(
        "--address",
        action="append",
        default=[],
        metavar="ID=HOST:PORT",
        help="where a service listens, if elsewhere; again for one more address of the same id",
    )
    add_modules(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--resume",
        nargs="?",
        const=True,
        metavar="RUN",
        help="after CONFIG: reuse the finished stages of run RUN (id or path); default: the newest"
        " run of this workflow that did not succeed, else the newest",
    )
    parser.add_argument(
        "--resume-ignores",
        action="append",
        default=[],
        choices=["version"],
        help="do not run a stage again because its code has another version",
    )


def _run(given: argparse.Namespace) -> int:
    # the rules of an import's parameters import NumPy; services may be forked from this process
    with live.without_blas_threads() if _may_fork(given) else nullcontext():
        config = load_config(given.config, data_root=given.data_root)
    addresses = _parse_addresses(given.address, config)
    check_data_root(given.data_root)
    if given.figures and find_spec("matplotlib") is None:
        raise MissingPackageError("matplotlib", extra="notebooks", needed_for="--figures")
    resume = _find_run(given)
    for warning in config.warnings:
        print(warning, file=sys.stderr)
    result = _result(config, addresses, given, resume)
    if given.resume and not result.resumed_from:
        print("there was no run of this workflow to resume: every stage was run", file=sys.stderr)
    if given.json:
        from energykit.results.file import run_to_json  # only here

        print_json(run_to_json(result))
    else:
        _tell(result)
    for path in _figures(result) if given.figures and result.ok else ():
        print(f"figure: {path}", file=sys.stderr if given.json else sys.stdout)
    return result.exit_code


def _may_fork(given: argparse.Namespace) -> bool:
    """Return whether services may be forked from this process: the command line's own."""
    return bool(given.local and given.owns_process)


def _parse_addresses(texts: Iterable[str], config: PipelineConfig) -> dict[str, tuple[str, ...]]:
    """Return the addresses that were given by id, several for one id in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, _, address = text.partition("=")
        if problem := address_problem(address):
            what = (
                f"the address of {name!r} {problem}" if address else f"{text!r} is not an address"
            )
            raise UsageError(what, where="--address", hint="write ID=HOST:PORT")
        if name not in config.containers:
            hint = nearest(name, config.containers)
            raise UsageError(
                f"the configuration has no container {name!r}", where="--address", hint=hint
            )
        found[name] = (*found.get(name, ()), address)
    return found


def _find_run(given: argparse.Namespace) -> Resumable | None:
    """Look the run up that is to be resumed, before anything starts."""
    if given.resume is None or given.resume is True:
        return given.resume
    from energykit.executor.earlier import named_run  # imports grpc

    return named_run(given.resume, Path(given.data_root))


def _result(
    config: PipelineConfig,
    addresses: dict[str, tuple[str, ...]],
    given: argparse.Namespace,
    resume: Resumable | None,
) -> RunResult:
    from energykit.cli.progress import StageProgressBars, StageProgressLines  # imports grpc
    from energykit.executor import run  # imports grpc
    from energykit.executor.record import new_run_id
    from energykit.executor.termination import ending_on_signals

    progress: StageProgressBars | StageProgressLines
    progress = StageProgressBars() if sys.stderr.isatty() else StageProgressLines()
    run_id = new_run_id(datetime.now(UTC))
    with ExitStack() as ending:
        ending.enter_context(ending_on_signals())
        record = Path(given.data_root) / "runs" / run_id / "run.json"
        ending.enter_context(naming_the_signal(record, given.config))
        locks = _hold_outputs(config, Path(given.data_root), run_id)
        ending.callback(locks.release)
        started = ending.enter_context(_services(config, addresses, given))
        ending.enter_context(progress)
        return run(
            config,
            started,
            data_root=given.data_root,
            addresses=addresses,
            on_event=progress.note,
            run_id=run_id,
            resume=resume,
            resume_ignores=given.resume_ignores,
            limit_s=given.limit,
            locks=locks,
        )


def _hold_outputs(config: PipelineConfig, data_root: Path, run_id: str) -> OutputLocks:
    """Take the outputs before services are started for them."""
    from energykit.executor.lock import hold_outputs  # imports grpc
    from energykit.executor.record import recordable

    with recordable(data_root):
        return hold_outputs(config, data_root, run_id)


def _services(
    config: PipelineConfig, addresses: dict[str, tuple[str, ...]], given: argparse.Namespace
) -> AbstractContextManager[Any]:
    """Return the services to start: none, or those that have no address of their own."""
    modules = read_modules(given.module, config)
    if not given.local:
        if modules:
            hint = "add --local, which starts the services"
            raise UsageError("nothing is started here", where="--module", hint=hint)
        return nullcontext()
    from energykit.launcher import local_services  # imports grpc

    stages = (config.containers[name] for name in config.order if name not in addresses)
    names = list(dict.fromkeys(stage.service for stage in stages))
    if not names:  # each has an address of its own
        return nullcontext()
    print(f"starting {', '.join(names)}", file=sys.stderr)
    forks = _may_fork(given)
    return local_services(names, data_root=given.data_root, modules=modules, forks=forks)


def _figures(result: RunResult) -> list[Path]:
    """Draw the figures of a run into its folder, and return them."""
    import matplotlib as mpl  # optional and heavy

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    from energykit import plots

    made = []
    for name in FIGURES:
        with plots.style("light"):
            figure = getattr(result.plot, name)().get_figure()
        made.append((result.folder or Path()) / f"{name}.png")
        figure.savefig(made[-1], dpi=110)
        plt.close(figure)
    return made


def _tell(result: RunResult) -> None:
    print(result)
    written = [stage for stage in result if stage.output_path]
    if result.ok and written:
        print(f"result: {written[-1].output_path}")
        for path in written[-1].also_written:
            print(f"and: {path}")
    if result.folder:
        print(f"record: {result.folder / 'run.json'}")
