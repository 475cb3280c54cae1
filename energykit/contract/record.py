"""What a conformance check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from energykit import html

__all__ = ["CheckResult", "Conformance", "Verdict"]

Verdict = Literal["passed", "failed", "not offered", "not asked"]
"""``"not offered"``: an optional part is missing; ``"not asked"``: the check needs what the caller
did not give.
"""


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    name: str
    """What the contract asks for."""
    verdict: Verdict
    """Whether it was seen."""
    text: str
    """What was seen, and what to do about it."""


@dataclass(frozen=True, repr=False)
class Conformance:
    """Whether a service keeps the contract."""

    address: str
    """Which service."""
    findings: tuple[CheckResult, ...]
    """In the order of the checks."""

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(one.verdict != "failed" for one in self.findings)

    def __bool__(self) -> bool:
        """Whether no check failed."""
        return self.ok

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        failed = [one.name for one in self.findings if one.verdict == "failed"]
        if failed:
            named = (
                failed[0]
                if len(failed) == 1
                else f"{len(failed)} of {len(self.findings)} checks failed, see below"
            )
            return f"{self.address} breaks the contract: {named}"
        left = sum(one.verdict == "not asked" for one in self.findings)
        far = (
            f" as far as it was asked; {left} of {len(self.findings)} checks were not"
            if left
            else ""
        )
        return f"{self.address} keeps the contract{far}"

    def __repr__(self) -> str:
        """Return the verdict and a line for each check."""
        return "\n".join(
            [
                self.verdict,
                *(f"  {one.verdict:<11} {one.name}: {one.text}" for one in self.findings),
            ]
        )

    def _repr_html_(self) -> html.Html:
        rows = [(html.badge(one.verdict), one.name, one.text) for one in self.findings]
        return html.card(self.verdict, html.table(("", "the contract asks", "seen"), rows))
