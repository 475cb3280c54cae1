"""The option ``--module``: a service that no installed package registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from energykit.config import PipelineConfig

__all__ = ["add_modules", "read_modules"]

_HINT = "write ID=MODULE, such as tariff=services.tariff"


def add_modules(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command's parser."""
    parser.add_argument(
        "--module",
        action="append",
        default=[],
        metavar="ID=MODULE",
        help="what to start for a service that no installed package registers (python -m MODULE)",
    )


def read_modules(texts: Iterable[str], config: PipelineConfig) -> dict[str, str]:
    """Return the module of each service that the command line names.

    Parameters
    ----------
    texts
        ``"ID=MODULE"``, as they were written.
    config
        The configuration whose services are to be started.

    Raises
    ------
    energykit.errors.UsageError
        One is not of that form, or the configuration has no such service.
    """
    modules = {}
    for text in texts:
        name, _, module = text.partition("=")
        if not module or not all(part.isidentifier() for part in module.split(".")):
            raise UsageError(f"{text!r} does not name a module", where="--module", hint=_HINT)
        names = {*config.service_registry, *config.containers}
        if name not in names:
            hint = nearest(name, names)
            what = f"the configuration has no service {name!r}"
            raise UsageError(what, where="--module", hint=hint)
        modules[name] = module
    return modules
