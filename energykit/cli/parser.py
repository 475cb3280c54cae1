"""The parser of a command line: names what is nearest to an unknown command or option."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

import energykit
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Parser", "Version"]


class Parser(argparse.ArgumentParser):
    """A parser, also of each command, whose errors say what is known."""

    def error(self, message: str) -> NoReturn:
        """Name the nearest command, and exit with 2."""
        head, _, rest = message.partition("invalid choice: ")
        if rest:
            word, _, choices = rest.partition(" (choose from ")
            known = [choice.strip(" ')") for choice in choices.split(",")]
            message = f"{head}{word} is not known; {nearest(word.strip(chr(39)), known)}"
        super().error(message)

    def parse_known_args(self, *given: Any, **named: Any) -> Any:
        """Refuse an unknown word here, where the command's usage and options are at hand."""
        found, unknown = super().parse_known_args(*given, **named)
        if unknown:
            self.error(self._about(unknown[0]))
        return found, unknown

    def _about(self, word: str) -> str:
        if not word.startswith("-"):
            return f"{word!r} is one argument too many"
        option = word.partition("=")[0]
        options = filter(_is_long, self._option_string_actions)
        return f"{option!r} is not known; {nearest(option, options)}"


def _is_long(option: str) -> bool:
    return option.startswith("--")


class Version(argparse.Action):
    """``--version``: the kit's own constant; no package metadata is read for it."""

    def __init__(self, option_strings: Iterable[str], dest: str) -> None:
        super().__init__(list(option_strings), dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it and exit."""
        print(f"energykit {energykit.__version__}")
        parser.exit()
