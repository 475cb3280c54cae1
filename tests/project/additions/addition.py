"""What somebody adds to a project: the places that it touches, and what to run."""

from dataclasses import dataclass

LISTS = "tests/project/lists"
GENERATED = "tests/project/test_generated.py"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One place that an addition touches."""

    file: str
    text: str
    after: str = ""
    """The first line with this text is followed by the new one; empty: a new file."""
    is_listed: bool = True
    """Whether a test must name the file where this part is forgotten."""
    names: str = ""
    """The file that the test names where it is not this one."""
    replaces: str = ""
    """Text that the new one stands for, instead of following a line."""


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
