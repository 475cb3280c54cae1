"""Write the instructor's page of each lesson and the map of goals: ``python tools/instructor.py``.

Minutes come from the lessons, predictions from `energykit.course.questions`, the rest from
``tools/instructor.json``. `--check` writes nothing and ends with 1 where a page is not up to date.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from energykit.course import Lesson, lessons, questions
from energykit.course.minutes import sections

HOME = Path(__file__).resolve().parents[1]
PAGES = HOME / "docs" / "instructor"
NOTES: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
GOAL = re.compile(r"^- \*\*(\w+)\*\* (.+?)[,.]$", re.MULTILINE)
MADE = "<!-- made by tools/instructor.py: edit tools/instructor.json or the lesson -->"


def goals(lesson: Lesson) -> list[tuple[str, str]]:
    """Return verb and object of what a lesson promises."""
    return GOAL.findall("".join(lesson.cells()[0]["source"]))


def page(lesson: Lesson) -> str:
    """Return the instructor's page of a lesson."""
    notes = NOTES[lesson.name]
    parts = [
        f"# {lesson.title}: notes for instructors",
        MADE,
        _summary(lesson),
        "## Minutes",
        "| section | min |\n| --- | --- |\n" + "\n".join(_minutes(lesson)),
        "## At each Predict",
        "Let everybody choose before you run the cell; ask two who chose differently why.",
        *_predictions(lesson),
        "## Typical wrong answers to the exercise",
        "\n".join(
            f"- *{one['answer']}*: {one['reason']} The check says: *… {one['said']} …*"
            for one in notes["wrong"]
        ),
        "## When you are late, skip",
        notes["late"],
    ]
    return "\n\n".join(parts) + "\n"


def _summary(lesson: Lesson) -> str:
    links = f"[The lesson](../../notebooks/{lesson.path.name}), [all goals](goals.md)"
    return f"{lesson.question} {lesson.minutes} minutes alone. {links}"


def _minutes(lesson: Lesson) -> list[str]:
    return [f"| {one.title} | {max(1, round(one.minutes))} |" for one in sections(lesson)]


def _predictions(lesson: Lesson) -> list[str]:
    mine = [one for one in questions().values() if one.name[:2] == lesson.name[:2]]
    return [
        f"**{one.text}** ({'; '.join(one.choices)}). It is: *{one.choices[one.right]}*. "
        f"Say: {one.say} Wrong choice: {one.wrong}"
        for one in mine
    ]


def goal_map() -> str:
    """Return the table of all goals: where each is taught, and whether points ask for it."""
    rows = [
        f"| {lesson.title[:2]} | **{verb}** {what} "
        f"| {', '.join(f'`{cell}`' for cell in goal['cells'])} "
        f"| {'yes' if goal['is_checked'] else 'no'} |"
        for lesson in lessons()
        for (verb, what), goal in zip(goals(lesson), NOTES[lesson.name]["goals"], strict=True)
    ]
    head = "| lesson | goal | taught in cells | in the graded check |\n| --- | --- | --- | --- |"
    intro = (
        "Each goal of each lesson, the cells that teach it, "
        "and whether the exercise's check asks for it. "
        "A goal without a check is seen only in predictions and in talk."
    )
    return (
        "\n\n".join(["# Goals, cells, checks", MADE, intro, head + "\n" + "\n".join(rows)]) + "\n"
    )


def pages() -> dict[Path, str]:
    """Return every page by its file."""
    made = {PAGES / f"{lesson.name}.md": page(lesson) for lesson in lessons()}
    return made | {PAGES / "goals.md": goal_map()}


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    missing = [lesson.name for lesson in lessons() if lesson.name not in NOTES]
    if missing:
        end = len(Path(__file__).with_suffix(".json").read_text(encoding="utf-8").splitlines())
        print(f"tools/instructor.json:{end}: add the notes of {', '.join(missing)}")
        return 1
    is_check = "--check" in arguments
    stale = [
        path
        for path, text in pages().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8", newline="\n")
        print(f"{path.relative_to(HOME).as_posix()}:1: {'stale' if is_check else 'written'}")
    return int(bool(stale) and is_check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
