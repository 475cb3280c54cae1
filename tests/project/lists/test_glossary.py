"""The glossary has the words of the lessons, and each lesson the words of its rows."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from energykit.course import lessons
from tests.project.lists.place import ROOT, place, read

GLOSSARY = "notebooks/glossary.md"
SYMBOL = re.compile(r" [A-Z]$")


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield each row, its word, and the notebook that it links to."""
    for line in read(GLOSSARY).splitlines():
        if line.startswith("| ") and "](" in line:
            yield line, line.strip("| ").partition(" | ")[0], line.rpartition("](")[2].rstrip(") |")


def bold(notebook: str) -> list[str]:
    """What a notebook's texts have in bold."""
    cells = json.loads(read(notebook))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = (part for text in texts for part in re.findall(r"\*\*(\S[^*]*)\*\*", text))
    return [" ".join(part.split()) for part in found]


def test_every_lesson_has_a_word_in_the_glossary():
    for lesson in lessons():
        assert f"]({lesson.path.name}) |" in read(GLOSSARY), (
            f"{place(GLOSSARY, '| word |')}: add a row for each word that {lesson.name} explains, "
            f"by the alphabet\n| … | … | [{lesson.name[:2]}]({lesson.path.name}) |"
        )


def test_the_glossary_is_sorted():
    listed = [(row, word.lower()) for row, word, _ in rows()]
    for (row, word), (_, follower) in pairwise(listed):
        assert word <= follower, f"{place(GLOSSARY, row)}: {word!r} belongs behind {follower!r}"


def test_every_word_of_the_glossary_is_bold_in_its_lesson():
    lacking = []
    for row, listed, name in rows():
        notebook, word = f"notebooks/{name}", SYMBOL.sub("", listed)
        assert (ROOT / notebook).is_file(), f"{place(GLOSSARY, row)}: there is no {notebook}"
        begins = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
        if not any(map(begins.search, bold(notebook))):
            lacking.append(
                f"{place(notebook, word)}: write **{word}** in bold where it is explained: "
                f"{place(GLOSSARY, row)} links here"
            )
    assert not lacking, "\n".join(lacking)
