"""What somebody adds to a project: the places that it touches, and what to run."""

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

LISTS = "tests/project/lists"
GENERATED = "tests/project/test_generated.py"
HOME = "tests/project/additions"
_BRACKET = re.compile(r'"(?:\\.|[^"\\\n])*"|[\[({]|[\])}]')


@dataclass(frozen=True, kw_only=True)
class Part:
    """One place that an addition touches."""

    file: str
    text: str
    after: str = ""
    """The first line with this text is followed by the new one."""
    last_of: str = ""
    """Text that ends with a bracket: the new one is the last in it, in one line or in several."""
    replaces: str = ""
    """Text that the new one stands for."""
    is_listed: bool = True
    """Whether a test must name the file where this part is forgotten."""
    names: str = ""
    """The file that the test names where it is not this one."""

    @property
    def place(self) -> str:
        """Text of the file that says where the new one goes; empty: it is a new file."""
        return self.after or self.last_of or self.replaces


@dataclass(frozen=True, kw_only=True)
class Command:
    """What CONTRIBUTING says to run before the tests."""

    arguments: tuple[str, ...]
    """Of Python."""
    makes: str
    """The file that a test must name where this is forgotten."""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What somebody adds."""

    parts: tuple[Part, ...]
    checks: tuple[str, ...]
    """What `make test` runs, as far as it concerns this."""
    proof: str
    """A program that uses what was added."""
    commands: tuple[Command, ...] = ()


STAGE_SCHEMAS = Command(arguments=("tools/stage_schemas.py",), makes="energykit/config/stages.json")


def every_addition() -> dict[str, Addition]:
    """Return the additions of this folder by the name of their file."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return {
        name: value
        for name in names
        for value in vars(import_module(f"{HOME.replace('/', '.')}.{name}")).values()
        if isinstance(value, Addition)
    }


def with_part(text: str, part: Part) -> str:
    """Return the text of a file with a part added to it.

    Raises
    ------
    ValueError
        The text has no such place.
    """
    at = text.index(part.place)
    if part.after:
        line, end, rest = text[at:].partition("\n")
        return f"{text[:at]}{line}\n{part.text}{end}{rest}"
    if part.last_of:
        return _with_last(text, at + len(part.last_of) - 1, part.text)
    return text.replace(part.replaces, part.text, 1) if part.replaces else part.text


def _with_last(text: str, opens: int, new: str) -> str:
    """Return a text with a new last element in the bracket that opens at a place."""
    depth = 0
    for match in _BRACKET.finditer(text, opens):
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(match[0], 0)
        if not depth:
            break
    before = text[: match.start()]
    line = before.rpartition("\n")[2]
    if not line.strip():  # the bracket has a line of its own, as each element has
        return before[: len(before) - len(line)] + new + "\n" + text[match.start() - len(line) :]
    comma = " " if before.endswith(",") else ", "
    return before + comma + new.strip().removesuffix(",") + text[match.start() :]
