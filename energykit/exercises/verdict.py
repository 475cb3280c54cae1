"""What a check answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit import html

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NOTHING_RETURNED", "Verdict", "answer_of", "right", "wrong"]

NOTHING_RETURNED = "does the function return its answer? print only shows it"
"""Where to look when a function gave None."""


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether an answer is right, and words about it."""

    is_right: bool
    """Whether the answer passes."""
    text: str
    """What was found, and why it matters."""
    hint: str = ""
    """Where to look."""

    def __bool__(self) -> bool:
        """Whether the answer passes."""
        return self.is_right

    def __repr__(self) -> str:
        """Show the verdict, and the hint on a line of its own."""
        icon = html.ICONS["right" if self.is_right else "not yet"]
        return f"{icon} {self.text}\n  → {self.hint}" if self.hint else f"{icon} {self.text}"

    def _repr_html_(self) -> html.Html:
        badge = html.badge("right" if self.is_right else "not yet")
        return html.card(html.join([badge, f" {self.text}"]), self.hint)


def right(text: str) -> Verdict:
    """Return a passing verdict."""
    return Verdict(is_right=True, text=text)


def wrong(text: str, hint: str = "") -> Verdict:
    """Return a failing verdict."""
    return Verdict(is_right=False, text=text, hint=hint)


def answer_of(function: Callable[..., Any], *given: Any, said: str, hint: str) -> Any:
    """Return what a learner's function answers; where it raises, a failing verdict that says so.

    Parameters
    ----------
    function
        The learner's.
    *given
        What it is called with.
    said
        The call, as the verdict names it.
    hint
        Where to look.
    """
    try:
        return function(*given)
    except Exception as exc:  # noqa: BLE001  # the learner's code may raise anything
        return wrong(f"{said} raised {type(exc).__name__}: {exc}", hint)
