"""Predictions: the questions of the lessons, what a learner chose, and what a class chose."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts import replace_file
from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

__all__ = ["ClassChoice", "Question", "class_choices", "keep_choice", "question_named", "questions"]

CHOSEN = "predictions.json"
"""Beside the notebook: what was chosen, by question."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question before a cell that surprises."""

    name: str
    """``"00-twins"``: the lesson's number, and a word."""
    text: str
    """What is asked."""
    choices: tuple[str, ...]
    """What may come."""
    right: int
    """Place of what comes, from 0."""
    cell: str = ""
    """Id of the text cell that asks; empty for a question that is not of the course."""
    say: str = ""
    """To instructors: what to say when the output is there."""
    wrong: str = ""
    """To instructors: a typical wrong choice, and its reason."""


@dataclass(frozen=True, kw_only=True)
class ClassChoice:
    """What a class chose."""

    question: Question
    """Which."""
    counts: tuple[int, ...]
    """How often each choice was made."""

    def __str__(self) -> str:
        """Return the question and a line for each choice."""
        total = sum(self.counts)
        lines = [
            f"  {'→' if at == self.question.right else ' '} {count:4d} ({count / total:4.0%}) "
            f" {text}"
            for at, (count, text) in enumerate(zip(self.counts, self.question.choices, strict=True))
        ]
        return "\n".join([f"{self.question.name}: {self.question.text}", *lines])


@cache
def questions() -> dict[str, Question]:
    """Return the questions of the course by name, in the order of the lessons."""
    path = Path(__file__).with_name(CHOSEN)
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {name: _question(name, fields) for name, fields in stored.items()}


def _question(name: str, fields: dict[str, Any]) -> Question:
    known = {key: fields[key] for key in ("right", "cell", "say", "wrong")}
    return Question(name=name, text=fields["question"], choices=tuple(fields["choices"]), **known)


def question_named(name: str) -> Question:
    """Return a question of the course.

    Raises
    ------
    energykit.errors.UsageError
        There is none of that name.
    """
    known = questions()
    if name not in known:
        hint = nearest(name, known)
        raise UsageError(f"no question {name!r}", where="predict", hint=hint)
    return known[name]


def keep_choice(question: Question, choice: int, folder: str | PathLike[str] = ".") -> Path:
    """Keep a choice in the folder's ``predictions.json``, replacing an earlier one; return it."""
    path = Path(folder) / CHOSEN
    kept = _read(path)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    kept[question.name] = {
        "question": question.text,
        "choices": list(question.choices),
        "choice": choice,
        "right": question.right,
        "moment": moment,
    }
    with replace_file(path) as file:
        file.write((json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def _read(path: Path) -> dict[str, Any]:
    """Return what a file keeps; nothing where it is missing or was spoiled."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def class_choices(folder: str | PathLike[str]) -> list[ClassChoice]:
    """Return what a class chose, from every ``predictions.json`` below a folder.

    Parameters
    ----------
    folder
        Such as nbgrader's ``submitted/``.

    Raises
    ------
    energykit.errors.UsageError
        There is no such file below it.
    """
    chosen = list(_chosen(Path(folder)))
    if not chosen:
        hint = f"students hand in {CHOSEN}, which lies beside their notebook"
        raise UsageError(f"no {CHOSEN} below it", where=str(folder), hint=hint)
    by_question: dict[Question, Counter[int]] = {}
    for question, choice in chosen:
        by_question.setdefault(question, Counter())[choice] += 1
    ordered = sorted(by_question.items(), key=lambda pair: pair[0].name)
    return [
        ClassChoice(
            question=question, counts=tuple(counts[at] for at in range(len(question.choices)))
        )
        for question, counts in ordered
    ]


def _chosen(folder: Path) -> Iterator[tuple[Question, int]]:
    for path in sorted(folder.rglob(CHOSEN)):
        for name, kept in _read(path).items():
            try:
                question = Question(
                    name=name,
                    text=str(kept["question"]),
                    choices=tuple(map(str, kept["choices"])),
                    right=int(kept["right"]),
                )
                choice = int(kept["choice"])
            except (KeyError, TypeError, ValueError):
                continue  # a file that somebody edited counts for nothing
            if 0 <= choice < len(question.choices):
                yield question, choice
