"""What a stage refuses that a schema cannot say: the stage's own rules, asked without a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.config.schema_check import SchemaProblem
from energykit.config.source import children

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from energykit.config.text import Node
    from energykit.errors import ParameterError

__all__ = ["rule_problems"]

_ROOT = "parameters"


def rule_problems(
    given: Node, variant: Mapping[str, Any], problems: Sequence[SchemaProblem]
) -> list[SchemaProblem]:
    """Return what a stage's own rules refuse in parameters.

    Parameters
    ----------
    given
        The parameters.
    variant
        Their schema; ``rules`` names the rules, where there are any.
    problems
        What the schema does not allow: nothing more is said of those parameters.
    """
    rules = _RULES.get(variant.get("rules", ""))
    if rules is None:
        return []
    wrong = {name for name in children(given) if any(_is_of(name, one) for one in problems)}
    plain = {name: value.plain() for name, value in children(given).items()}
    return [_located(given, exc) for exc in rules(plain, wrong)]


def _is_of(name: str, problem: SchemaProblem) -> bool:
    """Whether a problem lies in the parameter of a name."""
    path = problem.path.removeprefix(f"{_ROOT}.")
    return path == name or path.startswith((f"{name}.", f"{name}["))


def _located(given: Node, exc: ParameterError) -> SchemaProblem:
    """Return what a rule refuses, at the place of the value that it names."""
    node, rest = given, exc.where.removeprefix(_ROOT).removeprefix(".")
    while key := _key(node, rest):
        node, rest = children(node)[key], rest[len(key) :].removeprefix(".")
    return SchemaProblem(at=node.at, path=exc.where, what=f"is refused: {exc.what}", hint=exc.hint)


def _key(node: Node, path: str) -> str:
    """Return the key of an object with which a path begins; a key may have dots itself."""
    fitting = (key for key in children(node) if path == key or path.startswith(f"{key}."))
    return max(fitting, key=len, default="")


def _import_faults(given: Mapping[str, Any], wrong: set[str]) -> list[ParameterError]:
    from energykit.meters.parameters import parameter_faults

    return parameter_faults(given, skipped=wrong)


_RULES: Mapping[str, Callable[[Mapping[str, Any], set[str]], list[ParameterError]]] = {
    "import": _import_faults,
}
"""Rules by the name that a schema gives them."""
