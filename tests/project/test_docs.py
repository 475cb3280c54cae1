"""The documentation: its links are rewritten and checked, its reference says what the code says."""

import re
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import docs_links
    import docs_reference

    import docs

    yield docs, docs_links, docs_reference
    for name in ("docs", "docs_links", "docs_reference"):
        sys.modules.pop(name)


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("docs/runner.md", "[g](runner-gallery.md#x)", "[g](runner-gallery.md#x)"),
        ("docs/runner.md", "[m](../notebooks/README.md)", "[m](lessons.md)"),
        ("docs/how-to/grade.md", "[t](../instructor.md)", "[t](../instructor.md)"),
        ("docs/how-to/grade.md", "[c](../../CONTRIBUTING.md)", "[c](../contributing.md)"),
        ("notebooks/README.md", "[0](00-start-here.ipynb)", "[0](lessons/00-start-here.html)"),
        ("docs/runner.md", "[s](https://example.org/x)", "[s](https://example.org/x)"),
        ("docs/index.md", "![p](figures/household-power.png)", "![p](figures/household-power.png)"),
        ("docs/runner.md", "[the file](../Makefile)", "the file (`Makefile`)"),
        ("docs/runner.md", "[`Makefile`](../Makefile)", "`Makefile`"),
    ],
)
def test_a_link_leads_to_where_the_page_is(tools, page, link, expected):
    (docs, _, _) = tools
    assert docs.rewrite(link, ROOT / page) == expected


def test_links_that_lead_nowhere_are_found(tools, tmp_path):
    (_, docs_links, _) = tools
    (tmp_path / "a.html").write_text('<h1 id="top">A</h1><a href="b.html#here">b</a>', "utf-8")
    (tmp_path / "b.html").write_text(
        '<a href="a.html#top">fine</a>\n<a href="a.html#gone">x</a>\n<img src="no.png">\n'
        '<script src="https://example.org/x.js"></script><a href="https://example.org">fine</a>',
        "utf-8",
    )
    assert docs_links.check_links(tmp_path) == [
        "a.html:1: b.html#here: there is no such anchor",
        "b.html:2: a.html#gone: there is no such anchor",
        "b.html:3: no.png: there is no such file",
        "b.html:4: https://example.org/x.js: is loaded from a network",
    ]


def test_an_anchor_may_be_written_with_percent_signs(tools, tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="00-%C2%B7-a">a</h1><h1 id="ä">b</h1><a href="#00-%C2%B7-a">a</a>'
        '<a href="#%C3%A4">b</a><a href="#00-%C2%B7-c">c</a>',
        encoding="utf-8",
    )
    (fault,) = tools[1].check_links(tmp_path)
    assert fault.endswith("#00-%C2%B7-c: there is no such anchor")


def test_the_index_of_the_search_is_a_script_too(tools, tmp_path):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "search_index.json").write_text('{"docs": []}', encoding="utf-8")
    tools[0].write_search_script(tmp_path)
    written = (tmp_path / "search" / "search_index.js").read_text(encoding="utf-8")
    assert written == 'var __index = {"docs": []}'


def test_the_reference_has_every_public_module_command_and_key(tools, tmp_path):
    (_, _, reference) = tools
    places = reference.write_reference(tmp_path)
    text = {place: (tmp_path / place).read_text("utf-8") for place in places}
    commands = text["reference/command-line.md"]
    assert "## energykit run\n" in commands
    assert "### energykit notebooks bless\n" in commands
    assert "| `timeout_seconds` | " in text["reference/configuration.md"]
    assert "message ExecuteRequest" in text["reference/protocol.md"]
    assert "::: energykit.plots.heatmap" in text["reference/plots.md"]
    assert "- `columns`: Which of the file's columns" in text["reference/import.md"]
    assert "| [`ek.run`](executor.md) |" in text["reference/python.md"]


def test_every_package_that_the_facade_shows_has_a_page(tools):
    import energykit

    (_, _, reference) = tools
    rooms = {".".join(home.split(".")[:2]) for home in energykit._HOMES.values()}
    missing = rooms - reference.MODULES.keys() - {"energykit.exercises"}
    assert not missing, f"tools/docs_reference.py: add to MODULES {sorted(missing)}"


def test_every_page_of_a_section_exists(tools):
    (docs, _, _) = tools
    written = {docs.place_of(path) for path in (ROOT / "docs").rglob("*.md")}
    written |= {place for name, place in docs.MOVED.items() if (ROOT / name).is_file()}
    planned = {"security.md", "findings.md"}
    named = {place for section in docs.SECTIONS.values() for place in section}
    assert named - planned <= written, "tools/docs.py: SECTIONS names a page that is not there"


@pytest.mark.parametrize("page", ["docs/reliability.md", "docs/security.md", "docs/performance.md"])
def test_the_tests_that_a_page_names_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/.]+\.py)`", text))
    missing = sorted(path for path in named if not (ROOT / path).is_file())
    assert not missing, f"{page} names tests that do not exist: {missing}"
    assert named or page != "docs/reliability.md"


def test_the_functions_that_reliability_names_exist():
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", text)
    missing = [
        f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert len(named) >= 28
    assert not missing


def test_every_failure_beside_the_earlier_build_is_there():
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    table = text.partition("## Beside commit")[2].partition("## ")[0]
    rows = re.findall(r"^\| ([\dD]+)[ab ]*\|.*\| ([^|]*) \|$", table, re.MULTILINE)
    assert {number for number, _ in rows} >= {str(number) for number in range(1, 24)}
    assert all("`tests/" in evidence or evidence.startswith("\N{EN DASH}") for _, evidence in rows)


def test_every_row_of_the_faults_names_a_test_or_a_command():
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    text = text.partition("## Results that would be wrong")[0]
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 25))
    assert all("`" in evidence for _, evidence in rows)


CLAIMS = ["docs/distributed.md", "docs/sweeps.md", "docs/kubernetes.md"]


def claims_of(page):
    """The rows of a page's table: of what, the claim, and what shows it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    head = "| of | claim | command |\n| --- | --- | --- |\n"
    table = text.partition(head)[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    for at, row in enumerate(rows):
        row[2] = rows[at - 1][2] if row[2] == "the same" else row[2]
    return rows


def find_fault(command):
    """What is wrong with a command that a page names; empty: it can be given."""
    program, *words = shlex.split(command)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        return "" if re.search(rf"^{words[0]}:", makefile, re.MULTILINE) else "no such target"
    chosen = words[words.index("-k") + 1].split(" or ") if "-k" in words else [""]
    files = [ROOT / word for word in words if word.startswith("tests/")]
    if missing := [path for path in files if not path.is_file()]:
        return f"there is no {missing[0]}"
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    names = re.findall(r"^def (test_\w+)", code, re.MULTILINE)
    return "".join(f"no test {word!r}" for word in chosen if not any(word in n for n in names))


@pytest.mark.parametrize("page", CLAIMS)
def test_every_claim_names_a_command_that_shows_it(page):
    for _of, claim, shown in claims_of(page):
        commands = re.findall(r"`((?:pytest|make) [^`]+)`", shown)
        assert commands or "not repeated by a test" in shown, f"{page}: what shows {claim!r}?"
        faults = [f"{command}: {fault}" for command in commands if (fault := find_fault(command))]
        assert not faults, f"{page}: {faults}"


@pytest.mark.parametrize(
    "command", ["make nothing", "pytest tests/no.py", "pytest tests/project/test_docs.py -k nosuch"]
)
def test_a_command_that_cannot_be_given_is_found(command):
    assert find_fault(command)


@pytest.mark.parametrize("page", CLAIMS)
def test_every_section_of_a_page_has_a_claim_that_is_shown(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    sections = [title.casefold() for title in re.findall(r"^## (.+)$", text, re.MULTILINE)]
    shown = {of for of, _, _ in claims_of(page)}
    missing = [
        title
        for title in sections
        if not title.startswith("what ") and not any(of in title for of in shown)
    ]
    assert shown
    assert not missing, f"{page}: no claim of these sections is in its table: {missing}"
