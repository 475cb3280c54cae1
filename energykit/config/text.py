"""JSON text as values that know where they stand, with every fault of the text itself.

The standard library's parser says nothing about positions or duplicate keys, and both are what a
reader of a fault needs.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs
from typing import TYPE_CHECKING

from energykit.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Node", "TextError", "fault", "json_type", "place", "read_json"]

MAX_DEPTH = 100
"""Deepest nesting that is read; a pipeline needs about five."""
_MOST_DIGITS = 300
"""Longest whole number that is read as one: `int` refuses thousands of digits."""
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[-+.\w]+|\S")
_GOES_ON = re.compile(r"[\w.]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER_HINT = "write a number as 60, 0.5 or -1e3"
_TEXT_HINTS = {
    "unterminated string": "close it with a quote",
    "invalid control character": "text stays on one line: write \\n for its end, \\t for a tab",
}
_WORDS = {"true": True, "false": False, "null": None}


class TextError(Exception):
    """The text is not JSON from here on."""

    def __init__(self, at: int, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.at = at
        self.what = what
        self.hint = hint


@dataclass(frozen=True)
class Node:
    """A value and where it starts."""

    value: object
    """str, int, float, bool, None, a list of nodes, or a dict of nodes by key."""
    at: int
    """Offset of its first character."""
    keys_at: dict[str, int] = field(default_factory=dict)
    """Offset of each key, where the value is an object."""
    duplicates: tuple[tuple[str, int], ...] = ()
    """Keys that came again, with their offsets; the first one counts."""

    @property
    def type_name(self) -> str:
        """The value's type in JSON's words, such as ``"a list"``."""
        return json_type(self.value)

    def plain(self) -> object:
        """Return the value without positions, as `json.loads` would."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def json_type(value: object) -> str:
    """Return the name of a value's type in JSON's words."""
    names = {
        bool: "a boolean",
        str: "text",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return "null" if value is None else names[type(value)]


def read_json(text: str) -> Node:
    """Return the value in a text.

    Raises
    ------
    TextError
        The text is not JSON; its first fault.
    """
    reader = _Reader(text)
    if _SPACE.fullmatch(text):
        raise TextError(0, "the file is empty", "a configuration is a JSON object: { ... }")
    node, at = reader.value(reader.space(0), 0)
    end = reader.space(at)
    if end < len(text):
        raise TextError(
            end, f"nothing may follow the last brace, but {reader.shown(end)} does", "remove it"
        )
    return node


class _Reader:
    """A recursive-descent reader of JSON (RFC 8259)."""

    def __init__(self, text: str) -> None:
        self.text = text

    def space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        end = match.end() if match else at
        if self.text.startswith(("//", "/*", "#"), end):
            raise TextError(end, "JSON has no comments", "remove it")
        return end

    def shown(self, at: int) -> str:
        found = _WORD.match(self.text, at)
        return repr(found.group()) if found else "the end of the file"

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            raise TextError(
                at, f"nested deeper than {MAX_DEPTH} levels", "a pipeline needs about five"
            )
        readers: dict[str, Callable[[int, int], tuple[Node, int]]] = {
            "{": self._object,
            "[": self._array,
        }
        first = self.text[at : at + 1]
        if first in readers:
            return readers[first](at, depth)
        if first == '"':
            return self._string(at)
        return self._word_or_number(at)

    def _string(self, at: int) -> tuple[Node, int]:
        try:
            value, end = scanstring(self.text, at + 1, True)  # strict, positional by its signature
        except json.JSONDecodeError as exc:
            what = exc.msg.lower().removesuffix(" at").removesuffix(" starting")
            hint = _TEXT_HINTS.get(what, "write \\\\ for a backslash")
            raise TextError(exc.pos, f"the text in quotes is broken: {what}", hint) from None
        if _SURROGATE.search(value):
            hint = "write both halves of it, such as \\ud83d\\ude00"
            raise TextError(at, "the text in quotes holds half of a character", hint)
        return Node(value, at), end

    def _word_or_number(self, at: int) -> tuple[Node, int]:
        number = _NUMBER.match(self.text, at)
        if number:
            text = number.group()
            if _GOES_ON.match(self.text, number.end()):
                raise TextError(at, f"expected a number, found {self.shown(at)}", _NUMBER_HINT)
            whole = text.lstrip("-").isdigit() and len(text) <= _MOST_DIGITS
            return Node(int(text) if whole else float(text), at), number.end()
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                return Node(value, at), at + len(word)
        raise TextError(at, f"expected a value, found {self.shown(at)}", self._advice(at))

    def _advice(self, at: int) -> str:
        found = self.shown(at).strip("'")
        if found.lstrip("+-") in {"NaN", "Infinity", "None", "True", "False"}:
            return f"JSON does not know {found}: it has numbers, true, false and null"
        if found in {"}", "]"}:
            return "remove the comma before it"
        return _NUMBER_HINT if found.startswith(("+", "-", ".")) else "text needs double quotes"

    def _array(self, at: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        here = self.space(at + 1)
        while not self.text.startswith("]", here) or items:
            node, here = self.value(here, depth + 1)
            items.append(node)
            here, is_last = self._next(here, "]")
            if is_last:
                return Node(items, at), here
        return Node(items, at), here + 1

    def _object(self, at: int, depth: int) -> tuple[Node, int]:
        values: dict[str, Node] = {}
        keys_at: dict[str, int] = {}
        again: list[tuple[str, int]] = []
        here = self.space(at + 1)
        while not self.text.startswith("}", here) or values:
            key, key_at, here = self._key(here)
            node, here = self.value(here, depth + 1)
            if key in values:
                again.append((key, key_at))
            else:
                values[key], keys_at[key] = node, key_at
            here, is_last = self._next(here, "}")
            if is_last:
                return Node(values, at, keys_at, tuple(again)), here
        return Node(values, at, keys_at, tuple(again)), here + 1

    def _key(self, at: int) -> tuple[str, int, int]:
        if not self.text.startswith('"', at):
            hint = (
                "remove the comma before it"
                if self.text.startswith("}", at)
                else "a key needs double quotes"
            )
            raise TextError(at, f"expected a key, found {self.shown(at)}", hint)
        node, end = self._string(at)
        colon = self.space(end)
        if not self.text.startswith(":", colon):
            raise TextError(
                colon,
                f"expected ':' after the key {node.value!r}, found {self.shown(colon)}",
                "add it",
            )
        return str(node.value), at, self.space(colon + 1)

    def _next(self, at: int, close: str) -> tuple[int, bool]:
        """Return where to go on after an item, and whether it was the last one."""
        here = self.space(at)
        if self.text.startswith(close, here):
            return here + 1, True
        if not self.text.startswith(",", here):
            raise TextError(
                here,
                f"expected ',' or {close!r}, found {self.shown(here)}",
                "add a comma before it",
            )
        return self.space(here + 1), False


def place(text: str, at: int) -> tuple[int, int]:
    """Return line and column, from 1, of an offset."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def fault(
    file: str, text: str, at: int, what: str, hint: str = "", *, is_warning: bool = False
) -> Fault:
    """Return a fault at an offset."""
    line, column = place(text, at)
    return Fault(file, line, column, what, hint, is_warning)
