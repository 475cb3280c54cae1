"""Cell magics of the course; ``%load_ext energykit`` brings them."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from energykit import html
from energykit.protoc import ProtoError, compile_proto

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["proto_magic", "refusal_html", "register"]


def register(shell: InteractiveShell) -> None:
    """Give a kernel the magics.

    Parameters
    ----------
    shell
        As IPython hands it to ``load_ipython_extension``.
    """
    magic = partial(proto_magic, shell)
    shell.register_magic_function(magic, magic_kind="cell", magic_name="proto")  # type: ignore[arg-type, call-arg]  # typed for methods


def proto_magic(shell: InteractiveShell, line: str, cell: str) -> None:
    """Carry out ``%%proto NAME``: compile the cell and import ``NAME_pb2`` and ``NAME_pb2_grpc`` into the notebook.

    The cell may be run again after a change: the modules are replaced. What protoc refuses is shown with its line, the
    modules of the last good version stay, and the cell fails, so that a headless run does not pass over it.

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
    modules = {compiled.messages.__name__: compiled.messages, compiled.services.__name__: compiled.services}
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
    lines = [_marked(at, line, is_named=at == number) for at, line in enumerate(text.splitlines(), 1)]
    listing = html.element("pre", html.join(lines, "\n"), style="color:inherit;background:transparent;")
    return html.card(html.join([html.badge("failed"), f" protoc, {error.where}: {error.what}"]), listing, error.hint)


def _marked(at: int, line: str, *, is_named: bool) -> html.Html:
    text = f"{'→' if is_named else ' '} {at:3} {line}"
    return html.element("strong", text) if is_named else html.escape(text)


def _show(value: object) -> None:
    from IPython.display import display  # noqa: PLC0415  # only in a kernel

    display(value)  # type: ignore[no-untyped-call]  # IPython has no types here
