"""Magics of the course; ``%load_ext energykit`` brings them."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING

from energykit import html, live
from energykit.errors import UsageError, nearest
from energykit.protoc import ProtoError, compile_proto

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell


__all__ = ["energykit_magic", "proto_magic", "refusal_html", "register"]

_WHERE = "%energykit"
_KIND = "services of a magic"
"""What ``%energykit up`` started, by configuration, in `energykit.live`."""


def register(shell: InteractiveShell) -> None:
    """Give a kernel the magics.

    Parameters
    ----------
    shell
        As IPython hands it to ``load_ipython_extension``.
    """
    magic = partial(proto_magic, shell)
    shell.register_magic_function(magic, magic_kind="cell", magic_name="proto")  # type: ignore[arg-type, call-arg]  # typed for methods
    shell.register_magic_function(energykit_magic, magic_kind="line", magic_name="energykit")  # type: ignore[arg-type, call-arg]  # as above


def energykit_magic(line: str) -> object:
    """Run ``%energykit WORD [CONFIG] [DATA_ROOT]``, and return what a notebook shows.

    ``check CONFIG`` reads a configuration; ``up CONFIG [DATA_ROOT]`` starts its services and ``down
    [CONFIG]`` stops them; ``status`` says which run; ``run CONFIG [DATA_ROOT]`` runs it, with those
    services or with some of its own; ``doctor`` looks at the machine.

    Parameters
    ----------
    line
        What stands after ``%energykit``.

    Raises
    ------
    energykit.errors.UsageError
        The word is unknown, too many or too few follow it, or a quote is not closed.
    energykit.errors.EnergykitError
        As what the word stands for raises it.
    """
    word, *rest = _words(line) or [""]
    if word not in _WORDS:
        what = f"no word {word!r}" if word else "a word is missing"
        raise UsageError(what, where=_WHERE, hint=nearest(word, _WORDS))
    does, least, most = _WORDS[word]
    if not least <= len(rest) <= most:
        raise UsageError(
            f"{word} takes {least} to {most} words, not {len(rest)}",
            where=_WHERE,
            hint=_USAGE[word],
        )
    return does(*rest)


def _words(line: str) -> list[str]:
    """Split a line at blanks outside of quotes; a backslash of a Windows path stays as it is."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageError(
            f"a quote is not closed: {line}", where=_WHERE, hint="close it, or leave it out"
        ) from None


def _check(config: str) -> object:
    from energykit.config import load_config  # only where it is asked for

    return load_config(config)


def _doctor() -> object:
    from energykit.checkup import doctor  # as above

    return doctor()


def _up(config: str, data_root: str = "data") -> object:
    from energykit.launcher import LocalServices, local_services  # as above

    _down(config)
    services = local_services(config, data_root=data_root).start()
    live.take_over(_KIND, config, services, LocalServices.stop, keeps=True)
    return services


def _down(config: str = "") -> object:
    for name in [config] if config else list(live.every(_KIND)):
        started = live.forget(_KIND, name)
        if started is not None:
            started.stop()
    return _status()


def _status() -> object:
    shown = [
        started._repr_html_() for started in live.every(_KIND).values()
    ]  # what a notebook shows
    return html.join(shown) if shown else html.card("No services run", "→ %energykit up CONFIG")


def _run(config: str, data_root: str = "") -> object:
    from energykit.executor import run  # as above
    from energykit.launcher import local_services  # as above

    started = live.current(_KIND, config)
    if started is not None and data_root in {"", str(started.data_root)}:
        return run(config, started)
    with local_services(config, data_root=data_root or "data") as own:
        return run(config, own)


_WORDS: Mapping[str, tuple[Callable[..., object], int, int]] = {
    "check": (_check, 1, 1),
    "doctor": (_doctor, 0, 0),
    "down": (_down, 0, 1),
    "run": (_run, 1, 2),
    "status": (_status, 0, 0),
    "up": (_up, 1, 2),
}
"""Words of ``%energykit``: what each does, and how few and how many words follow."""
_USAGE = {
    "check": "%energykit check CONFIG",
    "doctor": "%energykit doctor",
    "down": "%energykit down [CONFIG]",
    "run": "%energykit run CONFIG [DATA_ROOT]",
    "status": "%energykit status",
    "up": "%energykit up CONFIG [DATA_ROOT]",
}


def proto_magic(shell: InteractiveShell, line: str, cell: str) -> None:
    """Run ``%%proto NAME``: compile the cell, import ``NAME_pb2`` and ``NAME_pb2_grpc`` from it.

    The cell may be run again after a change: the modules are replaced. What protoc refuses is shown
    with its line, the modules of the last good version stay, and the cell fails, so that a headless
    run does not pass over it.

    Parameters
    ----------
    shell
        The kernel's shell; its name space gets the modules.
    line
        The name.
    cell
        The .proto text.

    Raises
    ------
    ProtoError
        protoc refused the cell.
    """
    try:
        compiled = compile_proto(cell, line.strip() or "lesson")
    except ProtoError as error:
        _show(refusal_html(error, cell))
        raise
    modules = {
        compiled.messages.__name__: compiled.messages,
        compiled.services.__name__: compiled.services,
    }
    shell.user_ns.update(modules)
    sys.modules.update(modules)
    _show(compiled)


def refusal_html(error: ProtoError, text: str) -> html.Html:
    """Return protoc's refusal with the line it names, marked.

    Parameters
    ----------
    error
        As `energykit.protoc.compile_proto` raises it.
    text
        The .proto.
    """
    parts = error.where.split(":")
    number = int(parts[1]) if len(parts) > 1 else 0
    lines = [
        _marked(at, line, is_named=at == number) for at, line in enumerate(text.splitlines(), 1)
    ]
    listing = html.element(
        "pre", html.join(lines, "\n"), style="color:inherit;background:transparent;"
    )
    return html.card(
        html.join([html.badge("failed"), f" protoc, {error.where}: {error.what}"]),
        listing,
        error.hint,
    )


def _marked(at: int, line: str, *, is_named: bool) -> html.Html:
    text = f"{'→' if is_named else ' '} {at:3} {line}"
    return html.element("strong", text) if is_named else html.escape(text)


def _show(value: object) -> None:
    from IPython.display import display  # only in a kernel

    display(value)  # type: ignore[no-untyped-call]  # IPython has no types here
