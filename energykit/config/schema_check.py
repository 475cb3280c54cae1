"""Checking values that know their place against a JSON Schema, with the nearest valid name.

The part of JSON Schema (draft 2020-12) that describes parameters: ``type``, ``enum``, ``const``,
``properties``, ``required``, ``additionalProperties``, ``items``, ``minItems``, ``anyOf``, bounds
of numbers, ``$ref`` within the schema, and ``oneOf`` with OpenAPI's ``discriminator``. What else a
schema says is not checked here: the service does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.config.source import children
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from energykit.config.text import Node

__all__ = ["SchemaProblem", "check_schema", "select_variant"]

_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "text",
}
_BOUNDS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "minimum": ("at least", lambda value, bound: value >= bound),
    "maximum": ("at most", lambda value, bound: value <= bound),
    "exclusiveMinimum": ("above", lambda value, bound: value > bound),
    "exclusiveMaximum": ("below", lambda value, bound: value < bound),
}
_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class SchemaProblem:
    """A place in a value that its schema does not allow."""

    at: int
    """Offset of the value, or of the key that is unknown."""
    path: str
    """The way to it: ``parameters.units.voltage``."""
    what: str
    """What is wrong, to be read after the path."""
    hint: str = ""
    """What to write."""
    depth: int = 0
    """How many steps below the value that was checked."""


def check_schema(node: Node, schema: Mapping[str, Any], path: str) -> list[SchemaProblem]:
    """Return what a schema does not allow in a value.

    Parameters
    ----------
    node
        The value.
    schema
        The whole schema: a ``$ref`` is looked up in it.
    path
        The name of the value.

    Raises
    ------
    ValueError
        The schema is not one.
    """
    try:
        return list(_Check(schema).problems(node, schema, path, 0))
    except (AttributeError, KeyError, TypeError, RecursionError) as exc:
        raise ValueError(f"not a JSON Schema: {exc!r}") from exc


def select_variant(node: Node, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variant of a schema that a value asks for; the schema itself where it has none."""
    variants = schema.get("oneOf")
    if not variants or "discriminator" not in schema:
        return schema
    rule = schema["discriminator"]
    key = rule["propertyName"]
    value = children(node)[key].value if key in children(node) else rule.get("default")
    return next((one for one in variants if _constant(one, key) == value), schema)


def _constant(variant: Mapping[str, Any], key: str) -> Any:
    return variant.get("properties", {}).get(key, {}).get("const")


class _Check:
    """One schema at work."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole

    def problems(
        self, node: Node, schema: Mapping[str, Any], path: str, depth: int
    ) -> Iterator[SchemaProblem]:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            yield from self._any_of(node, schema["anyOf"], path, depth)
        elif "discriminator" in schema and "oneOf" in schema and isinstance(node.value, dict):
            yield from self._variant(node, schema, path, depth)
        elif what := _scalar_problem(node, schema):
            yield SchemaProblem(at=node.at, path=path, what=what[0], hint=what[1], depth=depth)
        elif isinstance(node.value, dict):
            yield from self._properties(node, schema, path, depth)
        elif isinstance(node.value, list):
            yield from self._items(node, schema, path, depth)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        steps = schema.get("$ref", "").removeprefix("#/").split("/") if "$ref" in schema else []
        target: Any = self._whole if steps else schema
        for step in steps:
            target = target[step]
        return dict(target)

    def _any_of(
        self, node: Node, choices: list[Mapping[str, Any]], path: str, depth: int
    ) -> Iterator[SchemaProblem]:
        """Report the choice that comes nearest: the one whose first problem lies deepest."""
        found = [list(self.problems(node, choice, path, depth)) for choice in choices]
        if not all(found):
            return
        deepest = max(found, key=lambda problems: min(one.depth for one in problems))
        first = deepest[0]
        close = [one for problems in found for one in problems if "did you mean" in one.hint]
        if first.depth > depth:
            yield from deepest
        elif close:
            yield close[0]
        else:
            words = " or ".join(dict.fromkeys(_described(choice) for choice in choices))
            what = f"is {_shown(node)}, not {words}"
            yield SchemaProblem(at=node.at, path=path, what=what, hint=first.hint, depth=depth)

    def _variant(
        self, node: Node, schema: Mapping[str, Any], path: str, depth: int
    ) -> Iterator[SchemaProblem]:
        key = schema["discriminator"]["propertyName"]
        variant = select_variant(node, schema)
        if variant is not schema:
            yield from self._properties(node, variant, path, depth, schema)
            return
        names = [_constant(one, key) for one in schema["oneOf"]]
        if key not in children(node):
            what, hint = f"lacks {key!r}", f"one of {', '.join(map(repr, names))}"
            yield SchemaProblem(at=node.at, path=path, what=what, hint=hint, depth=depth + 1)
            return
        value = children(node)[key]
        what, hint = f"is {_shown(value)}, which is not a choice", nearest(str(value.value), names)
        yield SchemaProblem(
            at=value.at, path=f"{path}.{key}", what=what, hint=hint, depth=depth + 1
        )

    def _properties(
        self,
        node: Node,
        schema: Mapping[str, Any],
        path: str,
        depth: int,
        whole: Mapping[str, Any] | None = None,
    ) -> Iterator[SchemaProblem]:
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, value in children(node).items():
            below = f"{path}.{key}"
            if key in properties or isinstance(rest, dict):
                yield from self.problems(value, properties.get(key, rest), below, depth + 1)
            elif rest is False:
                what, hint = _unknown(key, properties, whole)
                at = node.keys_at[key]
                yield SchemaProblem(at=at, path=path, what=what, hint=hint, depth=depth + 1)
        for key in schema.get("required", ()):
            if key not in children(node):
                words = _described(self._resolved(properties.get(key, {})))
                what, hint = f"lacks {key!r}", f"add it: {words}"
                yield SchemaProblem(at=node.at, path=path, what=what, hint=hint, depth=depth + 1)

    def _items(
        self, node: Node, schema: Mapping[str, Any], path: str, depth: int
    ) -> Iterator[SchemaProblem]:
        values: Any = node.value
        if len(values) < schema.get("minItems", 0):
            yield SchemaProblem(at=node.at, path=path, what="is an empty list", depth=depth)
        for at, value in enumerate(values):
            items = schema.get("items", {})
            yield from self.problems(value, items, f"{path}[{at}]", depth + 1)


def _unknown(
    key: str, properties: Mapping[str, Any], whole: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Say that a key is not known, and where it belongs if another variant has it."""
    if whole is not None:
        name = whole["discriminator"]["propertyName"]
        owners = [
            repr(_constant(one, name)) for one in whole["oneOf"] if key in one.get("properties", {})
        ]
        if owners:
            what = f"has {key!r}, which belongs to another {name}"
            return what, f"it needs {name} {' or '.join(owners)}; {nearest(key, properties)}"
    return f"has an unknown key {key!r}", nearest(key, properties) or "there are none: remove it"


def _scalar_problem(node: Node, schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a value apart from what is inside it, and a hint."""
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if choices is not None:
        return None if _is_among(node.plain(), choices) else _not_a_choice(node, choices)
    types = schema.get("type")
    types = [types] if isinstance(types, str) else types
    if types and not any(_is_of(node.value, name) for name in types):
        return f"is {_shown(node)}, not {_described(schema)}", f"write {_described(schema)}"
    return _bound_problem(node, schema)


def _bound_problem(node: Node, schema: Mapping[str, Any]) -> tuple[str, str] | None:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return None
    for key, (word, holds) in _BOUNDS.items():
        if key in schema and not holds(node.value, schema[key]):
            return f"is {_shown(node)}, not {word} {schema[key]:g}", ""
    return None


def _is_among(value: object, choices: list[Any]) -> bool:
    return any(
        value == choice and isinstance(value, bool) == isinstance(choice, bool)
        for choice in choices
    )


def _not_a_choice(node: Node, choices: list[Any]) -> tuple[str, str]:
    texts = [choice for choice in choices if isinstance(choice, str)]
    what = f"is {_shown(node)}, which is not a choice"
    if isinstance(node.value, str) and texts:
        return what, nearest(node.value, texts)
    return what, f"valid: {', '.join(repr(choice) for choice in choices if choice is not None)}"


def _is_of(value: object, name: str) -> bool:
    if name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if name == "integer":  # 7.0 travels as 7 does
        return _is_of(value, "number") and float(value).is_integer()  # type: ignore[arg-type]
    kinds: dict[str, type | tuple[type, ...]] = {
        "array": list,
        "boolean": bool,
        "null": type(None),
        "object": dict,
        "string": str,
    }
    return isinstance(value, kinds[name])


def _described(schema: Mapping[str, Any]) -> str:
    """Return what a schema allows, in words."""
    if "enum" in schema or "const" in schema:
        choices = schema.get("enum", [schema.get("const")])
        return " or ".join(repr(choice) for choice in choices if choice is not None)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_described, schema["anyOf"])))
    types = schema.get("type", "anything")
    names = [types] if isinstance(types, str) else types
    names = [name for name in names if name != "null"] or names
    return " or ".join(_WORDS.get(name, name) for name in names)


def _shown(node: Node) -> str:
    if isinstance(node.value, list | dict):
        return node.type_name
    text = "null" if node.value is None else repr(node.value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
