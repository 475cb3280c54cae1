"""What the check of stored notebooks finds, what it lets pass, and what --fix fixes."""

import copy
import json

import pytest

from energykit.errors import UsageError
from energykit.notebooks.rules.check import check, notebooks_in
from energykit.notebooks.rules.fix import fix
from energykit.notebooks.rules.prose import words_in
from energykit.notebooks.rules.stored import KERNEL, LANGUAGE
from energykit.notebooks.rules.syntax import tree_of
from tests.notebooks.stored import (
    STREAM,
    TITLE,
    changed,
    few_words,
    good,
    graded,
    long_notebook,
    store,
    with_code,
    with_prose,
    without,
)


def test_a_good_notebook_has_nothing(tmp_path):
    assert check([store(tmp_path, good())]) == ()


BAD = {
    "outputs": (changed(1, outputs=[STREAM]), "outputs", "parameters", "it holds outputs"),
    "count": (changed(1, execution_count=4), "counts", "parameters", "it holds execution count 4"),
    "widgets": (
        good() | {"metadata": good()["metadata"] | {"widgets": {}}},
        "run-metadata",
        "",
        "widgets",
    ),
    "run metadata": (
        changed(2, metadata={"execution": {}}),
        "run-metadata",
        "answer-why",
        "execution",
    ),
    "random id": (changed(2, id="3f2a9c01"), "ids", "3f2a9c01", "its id is a random number"),
    "uuid": (
        changed(2, id="e1c3a0b2-1f6d-4c0e-9f53-2a7d1c9b8e10"),
        "ids",
        "e1c3a0b2",
        "a random number",
    ),
    "id with blanks": (
        changed(2, id="two words"),
        "ids",
        "two words",
        "its id has other characters",
    ),
    "id taken": (changed(2, id="parameters"), "ids", "parameters", "2 cells have this id"),
    "no id": (changed(2, id=""), "ids", "", "it has no id"),
    "kernel": (
        good() | {"metadata": {"kernelspec": {"name": "julia"}, "language_info": LANGUAGE}},
        "kernelspec",
        "",
        "its kernel is 'julia'",
    ),
    "version of the language": (
        good() | {"metadata": {"kernelspec": KERNEL, "language_info": {"version": "3"}}},
        "kernelspec",
        "",
        "language_info says more",
    ),
    "format": (good() | {"nbformat_minor": 4}, "nbformat", "", "its format is 4.4"),
    "no parameters": (
        changed(1, metadata={}),
        "parameters",
        "",
        "no code cell is tagged 'parameters'",
    ),
    "injected": (
        changed(7, metadata={"tags": ["injected-parameters"]}),
        "parameters",
        "clean-up",
        "a run has set",
    ),
    "sleep": (with_code("import time\ntime.sleep(1)"), "sleep", "new", "line 2: it sleeps"),
    "input": (with_code("name = input('who?')"), "input", "new", "line 1: it waits for a person"),
    "url": (
        with_code("import pandas as pd\npd.read_csv('https://example.org/a.csv')"),
        "url",
        "new",
        "line 2: ",
    ),
    "url in an f-string": (
        with_code("open(f'https://example.org/{count}')"),
        "url",
        "new",
        "'https://example.org'",
    ),
    "pip": (with_code("!pip install numpy"), "url", "new", "'pip install' needs the network"),
    "address": (
        with_code("connect('10.1.2.3:50051')"),
        "address",
        "new",
        "'10.1.2.3' is an address",
    ),
    "secret by name": (
        with_code("api_key = 'abcdefgh'"),
        "secret",
        "new",
        "line 1: it holds a secret",
    ),
    "secret in prose": (
        with_prose("Use AKIA" + "A" * 16 + "."),
        "secret",
        "new",
        "it holds a secret",
    ),
    "sleep in %%time": (
        with_code("%%time\nimport time\ntime.sleep(1)"),
        "sleep",
        "new",
        "it sleeps",
    ),
    "syntax": (with_code("x = 1\ny ="), "syntax", "new", "line 2 is not Python"),
    "show": (with_code("plt.show()"), "alt-text", "new", "it shows a figure without alt text"),
    "long cell": (with_code("x = 1\n" * 21), "code-lines", "new", "21 lines are over 20"),
    "long cells": (
        long_notebook(6, "x = 1\n" * 6),
        "code-lines",
        "",
        "half of its code cells have 6 lines",
    ),
    "many cells": (long_notebook(38), "code-cells", "", "42 code cells are over 40"),
    "little prose": (
        few_words(),
        "markdown-cells",
        "",
        "3 Markdown cells are fewer than 4 code cells",
    ),
    "many words": (with_prose("word " * 61), "words", "new", "61 words are over 60"),
    "no title": (changed(0, source=TITLE.replace("# ", "")), "first-cell", "title", "has no title"),
    "no question": (
        changed(0, source=TITLE.replace("?", ".")),
        "first-cell",
        "title",
        "has no question",
    ),
    "goals": (
        changed(0, source=TITLE.replace("**tell** a", "a")),
        "first-cell",
        "title",
        "has 2 goals",
    ),
    "no minutes": (
        changed(0, source=TITLE.replace("10 minutes", "Short")),
        "first-cell",
        "title",
        "no number of min",
    ),
    "starts with code": (without(0), "first-cell", "parameters", "the first cell is not Markdown"),
    "no key points": (changed(6, source="The end."), "last-cells", "", "no key points"),
    "no clean-up": (changed(7, source="1"), "last-cells", "", "clean nothing up"),
    "leads nowhere": (
        changed(8, source="The end."),
        "last-cells",
        "links",
        "the last cell leads nowhere",
    ),
    "dead link": (with_prose("[this](gone.md#part)"), "links", "new", "there is no gone.md#part"),
    "dead image": (
        with_prose("![what it shows](gone.png)"),
        "links",
        "new",
        "there is no gone.png",
    ),
    "image without alt": (
        with_prose("![](next.ipynb)"),
        "alt-text",
        "new",
        "![](next.ipynb) has no alt text",
    ),
    "img without alt": (with_prose('<img src="next.ipynb">'), "alt-text", "new", "has no alt text"),
    "image from outside": (
        with_prose("![a](https://example.org/a.png)"),
        "url",
        "new",
        "loaded at run time",
    ),
    "schema": (graded(3, schema_version=2), "grading", "answer", "schema 2"),
    "grade_id twice": (
        graded(5, grade_id="a"),
        "grading",
        "check",
        "grade_id 'a' is that of cell answer (4), too",
    ),
    "no points": (graded(5, points=None), "grading", "check", "a graded cell has no points"),
    "unlocked check": (graded(5, locked=False), "grading", "check", "a check can be edited"),
    "flag": (graded(5, task="no"), "grading", "check", "task is not true or false"),
    "solution without marks": (
        changed(3, source="answer = count"),
        "exercise",
        "answer",
        "its solution is not marked",
    ),
    "half a mark": (
        changed(3, source="### BEGIN SOLUTION\nanswer = count"),
        "exercise",
        "answer",
        "do not come in pairs",
    ),
    "solution elsewhere": (
        with_code("### BEGIN SOLUTION\n1\n### END SOLUTION"),
        "exercise",
        "new",
        "is not such a cell",
    ),
    "answer without check": (
        changed(5, metadata={}),
        "exercise",
        "answer",
        "no graded cell follows",
    ),
    "check without assert": (
        changed(5, source="answer == 3"),
        "exercise",
        "check",
        "the check asserts nothing",
    ),
    "check that shows a value": (
        changed(5, source="assert answer == 3, answer\nanswer"),
        "exercise",
        "check",
        "ends in a value, which nbgrader takes for its points",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_fault_is_found_with_its_cell(name, tmp_path):
    raw, rule, cell, what = BAD[name]
    found = check([store(tmp_path, copy.deepcopy(raw))])
    matching = [
        one
        for one in found
        if one.rule == rule and one.cell_id.startswith(cell) and what in one.what
    ]
    assert matching, [str(one) for one in found]
    assert {one.rule for one in found} <= {rule, "markdown-cells", "ids"}
    assert str(matching[0]).startswith(f"{tmp_path / 'one.ipynb'}")
    assert str(matching[0]).endswith(f"[{rule}]")


def test_a_finding_names_file_cell_place_and_what_to_do(tmp_path):
    path = store(tmp_path, with_code("import time\ntime.sleep(1)"))
    (found,) = check([path])
    assert (
        str(found)
        == f"{path}:new (4): line 2: it sleeps, wait for the thing itself, with a deadline [sleep]"
    )


def test_a_secret_is_not_repeated(tmp_path):
    secret = "ghp_" + "b" * 36
    (found, *_) = check([store(tmp_path, with_code(f"x = '{secret}'"))])
    assert found.rule == "secret"
    assert secret not in str(found)


@pytest.mark.parametrize(
    "source",
    [
        "# see https://example.org/paper",
        "open(f'http://{address}/health')",
        "connect('127.0.0.1:0')",
        "connect('http://127.0.0.1:8888')",
        "%load_ext energykit\nx = !ls",
        "%%proto meter\nsyntax = 'proto3';\nmessage {",
        "await something()",
        "token = next(tokens)",
    ],
)
def test_what_is_allowed_in_code_passes(source, tmp_path):
    assert check([store(tmp_path, with_code(source))]) == ()


@pytest.mark.parametrize(
    "source",
    [
        "```\n" + "word " * 100 + "\n```\n![what it shows](next.ipynb)",
        "| a | b |\n|---|---|\n" + "| word | word |\n" * 50,
        "<details><summary>Hint</summary>" + "word " * 100 + "</details>",
        "[paper](https://example.org/paper) and [here](#title) and [mail](mailto:a@example.org)",
        "`![](not-an-image.png)` is how one writes an image",
    ],
)
def test_what_is_allowed_in_prose_passes(source, tmp_path):
    assert check([store(tmp_path, with_prose(source))]) == ()


def test_words_are_what_a_reader_meets():
    prose = "We use `a b c` and $x + y$ — **twice**.\n\n<b>Then</b> [a link](to/some/where.md)"
    assert words_in(f"## A heading\n\n{prose}") == 9


def test_a_file_in_another_form_is_found(tmp_path):
    path = store(tmp_path, {}, text=json.dumps(good()))
    assert [one.rule for one in check([path])] == ["form"]
    assert fix(path)
    assert check([path]) == ()


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"cells": 3}', '{"worksheets": []}'])
def test_what_is_no_notebook_is_a_finding(text, tmp_path):
    (found,) = check([store(tmp_path, {}, text=text)])
    assert found.what.startswith("is not a notebook: ")


def test_a_rule_can_be_left_out_by_name_by_subject_or_in_the_notebook(tmp_path):
    raw = with_code("import time\ntime.sleep(1)")
    path = store(tmp_path, raw)
    assert check([path], ignore=["sleep"]) == check([path], ignore=["code"]) == ()
    raw["cells"][3]["metadata"]["energykit"] = {"ignore": ["sleep"]}
    assert check([store(tmp_path, raw)]) == ()
    with pytest.raises(UsageError, match="there is no rule 'slep'\n  → did you mean 'sleep'"):
        check([path], ignore=["slep"])


def test_a_folder_means_its_notebooks_without_checkpoints(tmp_path):
    path = store(tmp_path, good())
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "one-checkpoint.ipynb").write_text("{}")
    assert notebooks_in([tmp_path, path]) == [tmp_path / "next.ipynb", path]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="the folder holds no notebook"):
        notebooks_in([tmp_path / "empty"])
    with pytest.raises(UsageError, match="there is no such notebook or folder"):
        notebooks_in([tmp_path / "gone"])


def test_python_with_magics_is_read_as_the_kernel_reads_it():
    assert tree_of("%%time\nx = 1").body
    with pytest.raises(SyntaxError):
        tree_of("x = = 1")


@pytest.mark.parametrize(
    ("ids", "cause"),
    [
        (["0", "1"], "its ids are numbers, as nbstripout writes them without --keep-id"),
        (["", ""], "its cells have no ids, as in formats before 4.5"),
        (["a1b2c3d4", "e5f6a7b8"], "its ids look random"),
        (["other", "names"], "its cells were renamed or removed"),
    ],
)
def test_expectations_of_cells_that_are_not_there_are_named(tmp_path, ids, cause):
    cells = [{"cell_type": "code", "id": name, "metadata": {}, "source": "1"} for name in ids]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}), encoding="utf-8")
    record = {"cell": "mean", "value": 1, "rel": 0, "abs": 0}
    expected = {"records": {"m": record}, "figures": [{"cell": "curve", "axes": []}]}
    path.with_name("a.expected.json").write_text(json.dumps(expected), encoding="utf-8")
    (finding,) = [one for one in check([path]) if one.rule == "expectations"]
    assert finding.what.startswith(
        f"a.expected.json names cells that are not there: 'curve', 'mean'; {cause}"
    )
    assert "bless" in finding.hint
