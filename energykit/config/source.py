"""The text of a configuration, and the faults found in it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from energykit.config.text import fault
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from energykit.config.kind import ConfigKey
    from energykit.config.text import Node
    from energykit.errors import Fault

__all__ = ["ConfigSource", "children", "elements"]


@dataclass
class ConfigSource:
    """A text whose checks report what they find instead of stopping at the first fault."""

    file: str
    """The name that faults carry."""
    text: str
    """The whole text; offsets count its characters."""
    faults: list[Fault] = field(default_factory=list)
    """Faults and warnings, in the order in which they were found."""

    def report(self, at: int, what: str, hint: str = "", *, is_warning: bool = False) -> None:
        """Add a fault at an offset of the text."""
        self.faults.append(fault(self.file, self.text, at, what, hint, is_warning=is_warning))

    def report_duplicates(self, node: Node, name: str) -> None:
        """Report every key that an object has twice."""
        for key, at in node.duplicates:
            self.report(at, f"{name} has the key {key!r} twice", "keep one of them")

    def report_unknown(self, at: int, owner: str, key: str, valid: Iterable[str]) -> None:
        """Report a key that an object does not have, with the nearest one that it has."""
        self.report(at, f"{owner} has an unknown key {key!r}", nearest(key, valid))

    def sorted_faults(self) -> tuple[Fault, ...]:
        """Return the faults in the order of the text."""
        return tuple(sorted(self.faults, key=lambda entry: (entry.line, entry.column)))

    def has_errors(self) -> bool:
        """Whether something was found that is more than a warning."""
        return any(not entry.is_warning for entry in self.faults)

    def values(self, node: Node, keys: Mapping[str, ConfigKey], name: str) -> dict[str, Node]:
        """Check an object against its keys; return those of its values that are of their kind."""
        if not isinstance(node.value, dict):
            self.report(
                node.at, f"{name} is {node.type_name}, not an object", "write an object: { ... }"
            )
            return {}
        self.report_duplicates(node, name)
        good = {}
        for key, value in node.value.items():
            if key not in keys:
                self.report_unknown(node.keys_at[key], name, key, keys)
            elif problem := keys[key].kind.problem(value.plain()):
                self.report(value.at, f"{key} of {name} {problem}", keys[key].kind.hint)
            else:
                good[key] = value
        self._report_missing(node, keys, name)
        return good

    def _report_missing(self, node: Node, keys: Mapping[str, ConfigKey], name: str) -> None:
        for key, shape in keys.items():
            if shape.is_required and key not in children(node):
                self.report(node.at, f"{name} lacks {key!r}", f"add it: {shape.doc}")


def children(node: Node | None) -> dict[str, Node]:
    """Return the values of an object by key; none where it is not an object."""
    return dict(node.value) if node is not None and isinstance(node.value, dict) else {}


def elements(node: Node | None) -> list[Node]:
    """Return the elements of a list, or a single value as the only element of one."""
    if node is None:
        return []
    return list(node.value) if isinstance(node.value, list) else [node]
