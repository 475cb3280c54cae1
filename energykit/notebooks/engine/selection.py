"""Which cells of a notebook run: up to one, or those with a tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError, nearest
from energykit.notebooks.source.metadata import tags_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Selection"]

_ALWAYS = frozenset({"parameters", "injected-parameters"})


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Cells that run; the others are ``not-run`` and fail nothing."""

    until: str = ""
    """Id, tag or number (of code cells, from 1) of the last cell that runs; empty: all."""
    tags: tuple[str, ...] = ()
    """Only cells with one of these tags run, and those of parameters; empty: all."""
    skip_tags: tuple[str, ...] = ()
    """Cells with one of these tags do not run."""

    @property
    def is_all(self) -> bool:
        """Whether every cell runs."""
        return not (self.until or self.tags or self.skip_tags)

    def numbers(self, cells: Sequence[Any], where: str) -> frozenset[int]:
        """Return the numbers of the code cells that run, from 1.

        Raises
        ------
        energykit.errors.UsageError
            No cell is the one up to which the notebook runs.
        """
        last = self._last(cells, where)
        return frozenset(
            number for number, cell in enumerate(cells, 1) if number <= last and self._has(cell)
        )

    def _has(self, cell: Any) -> bool:
        tags = set(tags_of(cell))
        if tags & set(self.skip_tags):
            return False
        return not self.tags or bool(tags & {*self.tags, *_ALWAYS})

    def _last(self, cells: Sequence[Any], where: str) -> int:
        if not self.until:
            return len(cells)
        names = {cell.get("id", ""): number for number, cell in enumerate(cells, 1)}
        tags = {tag: number for number, cell in enumerate(cells, 1) for tag in tags_of(cell)}
        numbers = {str(number): number for number in range(1, len(cells) + 1)}
        every: dict[str, int] = numbers | tags | names
        if self.until not in every:
            hint = nearest(self.until, [*names, *tags])
            what = f"no cell is {self.until!r}: not an id, a tag or a number"
            raise UsageError(what, where=where, hint=hint)
        return every[self.until]
