"""A notebook as it should be stored, and ways to spoil it."""

from pathlib import Path

from energykit.notebooks.rules.stored import KERNEL, LANGUAGE, as_text

TITLE = """# 01 · A title

**Is this a question?**

- **run** one thing,
- **read** another,
- **tell** a third.

*10 minutes. Before: nothing.*"""


def markdown(name: str, source: str) -> dict:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code(name: str, source: str, **metadata: object) -> dict:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def grading(grade_id: str, *, solution: bool) -> dict:
    found = {
        "grade": not solution,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
    }
    return found | {"solution": solution, "task": False} | ({} if solution else {"points": 1})


def good() -> dict:
    cells = [
        markdown("title", TITLE),
        code("parameters", "count = 3", tags=["parameters"]),
        markdown("answer-why", "Put three into `answer`."),
        code(
            "answer",
            "### BEGIN SOLUTION\nanswer = count\n### END SOLUTION",
            nbgrader=grading("a", solution=True),
        ),
        markdown("check-why", "We check it."),
        code("check", "assert answer == 3", nbgrader=grading("a-check", solution=False)),
        markdown("key-points", "## Key points\n\n- One thing."),
        code("clean-up", "ek.survivors()"),
        markdown("links", "[next →](next.ipynb)"),
    ]
    metadata = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def store(folder: Path, raw: dict, *, text: str = "") -> Path:
    (folder / "next.ipynb").touch()
    path = folder / "one.ipynb"
    path.write_text(text or as_text(raw), encoding="utf-8")
    return path


def with_code(source: str) -> dict:
    raw = good()
    raw["cells"][2:2] = [markdown("new-why", "Something new."), code("new", source)]
    return raw


def with_prose(source: str) -> dict:
    raw = good()
    raw["cells"].insert(2, markdown("new", source))
    return raw


def changed(at: int, **entries: object) -> dict:
    raw = good()
    raw["cells"][at] |= entries
    return raw


def without(at: int) -> dict:
    raw = good()
    del raw["cells"][at]
    return raw


def few_words() -> dict:
    raw = good()
    return raw | {"cells": [cell for cell in raw["cells"] if not cell["id"].endswith("-why")]}


def graded(at: int, **entries: object) -> dict:
    raw = good()
    raw["cells"][at]["metadata"]["nbgrader"] |= entries
    return raw


def long_notebook(count: int, source: str = "1") -> dict:
    raw = good()
    more = [(markdown(f"why-{n}", "Why."), code(f"new-{n}", source)) for n in range(count)]
    raw["cells"][2:2] = [cell for pair in more for cell in pair]
    return raw


STREAM = {"output_type": "stream", "name": "stdout", "text": ["1"]}
