"""The chain of digests: which file was made of which, and whether each is still as recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from energykit.errors import UsageError
from energykit.plots.alt import describe
from energykit.plots.theme import BLUE, GREEN, TEXT_POINTS, VERMILLION, axes, ink, note, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

    from energykit.results import RunResult

__all__ = ["Compared", "digest_chain"]

_LOOKS = {
    "matches": (GREEN, "-", "✔ matches"),
    "changed": (VERMILLION, "--", "✘ changed"),
    "missing": (VERMILLION, ":", "✘ missing"),
    "not recorded": (BLUE, "-.", "? not recorded"),
    "": (BLUE, "-", "not compared"),
}
"""Colour, line style and words of each verdict."""
_SHOWN = 8
"""Digits of a digest that a box shows."""


class Compared(Protocol):
    """A file beside its record, as `energykit.report.RunSource.evidence` has it."""

    @property
    def file(self) -> str:
        """As the record names it."""

    @property
    def verdict(self) -> str:
        """``"matches"``, ``"changed"``, ``"missing"`` or ``"not recorded"``."""


@dataclass(frozen=True)
class _Link:
    """One stage: from the files that it read to the one that it wrote."""

    stage: str
    """Its id."""
    reads: tuple[str, ...]
    """None for a stage without input."""
    wrote: str
    """Its output."""
    is_whole: bool
    """False: a file that it read has another digest than what an earlier stage wrote there."""


def digest_chain(
    run: RunResult, evidence: Iterable[Compared] = (), *, ax: Axes | None = None
) -> Axes:
    """Draw the files of a run as boxes with their recorded digests, and its stages as arrows.

    Parameters
    ----------
    run
        The run, with its record's digests.
    evidence
        How the files compare with the record now; without it they are drawn as not compared.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One text per file: its name, the first digits of its SHA-256, and the verdict by word, sign,
        colour and line style. An arrow whose stage read something else than the stage before it
        wrote is dashed and says so.

    Raises
    ------
    UsageError
        When the run has no stage with an output.
    MissingPackageError
        When matplotlib is not installed.
    """
    digests, links = _chain(run)
    if not digests:
        hint = "draw a run with at least one stage that was called"
        raise UsageError(
            "the run has no files, so there is no chain", where="plots.digest_chain", hint=hint
        )
    verdicts = {one.file: one.verdict for one in evidence}
    ax = axes(ax, size=(max(2.7 * len(digests), 5.0), 2.4))
    at = {file: float(number) for number, file in enumerate(digests)}
    boxes = {
        file: _draw_file(ax, at[file], file, digests[file], verdicts.get(file, ""))
        for file in digests
    }
    for link in links:
        _draw_link(ax, link, at, boxes)
    ax.set_xlim(-0.6, len(digests) - 0.4)
    ax.set_ylim(-0.75, 0.95)
    ax.set_axis_off()
    ax.set_title("Digest chain", loc="left", color=ink(), fontweight="bold", fontsize=13, pad=10)
    describe(ax, _sentence(digests, links, verdicts))
    return ax


def _chain(run: RunResult) -> tuple[dict[str, str], list[_Link]]:
    """Return the recorded digest of each file, in order of first use, and their links."""
    digests: dict[str, str] = {}
    links = []
    for stage in run:
        is_whole = all(
            one.sha256 == (digests.get(one.path) or one.sha256) or not one.sha256
            for one in stage.read
        )
        for one in stage.read:
            digests.setdefault(one.path, one.sha256)
        digests[stage.output_file] = stage.output_sha256
        reads = tuple(one.path for one in stage.read)
        links.append(_Link(stage.id, reads, stage.output_file, is_whole))
    return digests, links


def _draw_file(ax: Axes, x: float, file: str, digest: str, verdict: str) -> Patch | None:
    colour, style, words = _LOOKS[verdict]
    text = f"{plain(PurePosixPath(file).name)}\nsha256 {digest[:_SHOWN] or '-'}…\n{words}"
    box: dict[str, Any] = {
        "boxstyle": "round,pad=0.5",
        "facecolor": (colour, 0.12),
        "edgecolor": colour,
        "linestyle": style,
        "lw": 2.0,
    }
    note(ax, x, 0, text, ha="center", va="center", linespacing=1.5, bbox=box)
    return ax.texts[-1].get_bbox_patch()


def _draw_link(
    ax: Axes, link: _Link, at: Mapping[str, float], boxes: Mapping[str, Patch | None]
) -> None:
    end = at[link.wrote]
    for file in link.reads:
        is_next = abs(end - at[file]) <= 1
        arrow: dict[str, Any] = {
            "arrowstyle": "-|>",
            "color": ink() if link.is_whole else VERMILLION,
            "lw": 1.6,
            "ls": "-" if link.is_whole else "--",
            "connectionstyle": "arc3,rad=0" if is_next else "arc3,rad=-0.35",
            "patchA": boxes[file],
            "patchB": boxes[link.wrote],
        }
        ax.annotate("", xy=(end, 0), xytext=(at[file], 0), arrowprops=arrow)
    words = plain(link.stage) if link.is_whole else f"{plain(link.stage)}\n✘ read another file"
    plate = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.0}
    place: dict[str, Any] = {
        "ha": "center",
        "va": "bottom",
        "bbox": plate,
        "zorder": 4,
    }  # above the arrows of other stages
    ax.text(end - 0.5, 0.48, words, color=ink(), fontsize=TEXT_POINTS, **place)


def _sentence(
    digests: Mapping[str, str], links: Iterable[_Link], verdicts: Mapping[str, str]
) -> str:
    files = "; ".join(
        f"{PurePosixPath(file).name}: {verdicts.get(file) or 'not compared'}" for file in digests
    )
    broken = [link.stage for link in links if not link.is_whole]
    said = f" {', '.join(broken)} read another file than was written." if broken else ""
    stages = ", ".join(link.stage for link in links)
    return f"The files of a run and its stages {stages}: {files}.{said}"
