"""What a run of notebooks leaves to look at: logs, JUnit XML, HTML, JSON, parameter sets."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from energykit.cli import main
from energykit.errors import UsageError
from energykit.notebooks import Options, run
from energykit.notebooks.report.junit import write_junit
from energykit.notebooks.report.page import write_page
from energykit.notebooks.report.sanitizer import sanitize_html
from energykit.notebooks.source.parameter_file import read_sets

SCRIPT = """
from IPython.display import HTML, display
picture = '<img src="https://example.org/a.png">'
display(HTML(f'<script>alert(1)</script>{picture}<b onclick="x()">bold</b>'))
print("<script>alert(2)</script>")
"""
FAILS = "rows = 3\nempty = rows - 3\nrows / empty\nprint('not reached')"
FLOOD = r"""
for number in range(5_000):
    print(number)
print('x' * 100_000 + '\x00\x1b[31m')
raise ValueError('\x1b[31m\x00odd & <b>')
"""
FIGURE = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()"
WIDGET = """import ipywidgets as w
w.VBox([w.IntSlider(value=7, description='limit'), w.HTML('<b>held</b>')])"""

SERVICES = '''
import pathlib
pathlib.Path("sender.py").write_text("""
import pandas as pd
from energykit.serving import main, stage

@stage("sender")
def send(*, broken: bool = False) -> pd.DataFrame:
    columns = {"household_id": "h1", "power_consumption": 1.0, "voltage": 230.0, "current": 1.0}
    if broken:
        raise RuntimeError("a fault of the service")
    return pd.DataFrame([{"timestamp": f"2026-01-01T00:00:{n:02d}Z", **columns} for n in range(5)])

if __name__ == "__main__":
    raise SystemExit(main(send))
""")
pathlib.Path("taker.py").write_text("""
from pathlib import Path
from energykit.serving import Output, main, stage

@stage("taker")
def take(readings: Path, *, loses: int = 0) -> Output:
    return Output("taken", rows_in=5 - loses)

if __name__ == "__main__":
    raise SystemExit(main(take))
""")
'''
PIPELINE = """
import json
import energykit as ek
from energykit.config import parse_config

def pipeline(sender, taker):
    ids = {
        "sender": ("", "/data/a.csv", sender, "taker"),
        "taker": ("/data/a.csv", "/data/b.txt", taker, ""),
    }
    containers = {
        name: {"id": name, "input_file": source, "output_file": target, "next_node": after,
               "timeout_seconds": 20, "parameters": given}
        for name, (source, target, given, after) in ids.items()
    }
    plan = {"workflow_name": "w", "start_node": "sender", "execution_mode": "sequential",
            "service_registry": dict.fromkeys(ids, "127.0.0.1:1"), "containers": containers}
    config = parse_config(json.dumps(plan), file="plan.json")
    modules = {name: name for name in ids}
    with ek.local_services(config, data_root="../data", modules=modules) as services:
        return ek.run(config, services)
"""


def write(path: Path, *cells: str | tuple[str, str, dict], metadata: dict | None = None) -> Path:
    notebook = nbformat.v4.new_notebook(metadata=metadata or {})
    for number, cell in enumerate(cells, 1):
        source, name, own = cell if isinstance(cell, tuple) else (cell, f"cell-{number}", {})
        notebook.cells.append(nbformat.v4.new_code_cell(source.strip(), id=name, metadata=own))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


class Page(HTMLParser):
    """A page as its reader sees it: texts by element, what it loads, what it runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.loaded: list[str] = []
        self.texts: list[str] = []
        self.hits: list[str] = []
        self._in_hit = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        self.loaded += [
            values[name] for name in ("src", "srcset", "data", "poster") if name in values
        ]
        self.loaded += [values["href"]] if tag == "link" else []
        if "hit" in (values.get("class") or "").split():
            self.hits.append("")
            self._in_hit = 3

    def handle_data(self, data):
        self.texts.append(data)
        if self._in_hit:
            self.hits[-1] += data

    def handle_endtag(self, tag):
        if tag == "div":
            self._in_hit = 0


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run of five notebooks, of which three fail, and its page and XML."""
    folder = tmp_path_factory.mktemp("reports")
    paths = [
        write(folder / "notebooks" / "a-good.ipynb", FIGURE, WIDGET),
        write(folder / "notebooks" / "b-fails.ipynb", SCRIPT, (FAILS, "divide", {}), "1"),
        write(folder / "notebooks" / "c-flood.ipynb", FLOOD),
        write(folder / "notebooks" / "d-slow.ipynb", "import time\ntime.sleep(100)"),
        write(folder / "notebooks" / "e-good.ipynb", "1 + 1"),
    ]
    report = run(paths, Options(out=folder / "out", cell_s=4, jobs=2))
    write_page(report, folder / "page" / "report.html")
    write_junit(report, folder / "page" / "junit.xml")
    return report, folder / "page"


@pytest.fixture
def page(ran):
    return Page((ran[1] / "report.html").read_text(encoding="utf-8"))


@pytest.fixture
def suites(ran):
    return ET.parse(ran[1] / "junit.xml").getroot()


def test_what_failed_stands_first_with_its_cell_its_line_and_its_cause(page):
    articles = [values.get("id") for tag, values in page.tags if tag == "article"]
    assert articles == ["n1", "n2", "n3", "p1", "p2"]
    text = "".join(page.texts)
    assert "3 of 5 notebooks failed" in text
    first = text[text.index("b-fails.ipynb") :]
    assert re.search(r"Cell 2 \(divide\), line 3: ZeroDivisionError: division by zero", first)
    assert page.hits[0] == "3rows / empty"
    assert "energykit notebooks run " in first
    assert text.index("b-fails.ipynb") < text.index("c-flood.ipynb") < text.index("a-good.ipynb")


def test_the_passing_ones_are_folded(page):
    at = [
        number for number, (tag, values) in enumerate(page.tags) if values.get("class") == "passed"
    ]
    assert len(at) == 2
    for number in at:
        tag, values = page.tags[number + 1]
        assert (tag, "open" in values) == ("details", False)


def test_nothing_is_loaded_and_nothing_runs(page):
    assert [one for one in page.loaded if not one.startswith("data:image/")] == []
    assert not [
        tag for tag, _ in page.tags if tag in {"script", "iframe", "object", "embed", "link"}
    ]
    assert not [name for _, values in page.tags for name in values if name.startswith("on")]
    policy = [
        values["content"]
        for _, values in page.tags
        if values.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy[0].startswith("default-src 'none'")


def test_outputs_are_escaped_and_seen(page, ran):
    text = "".join(page.texts)
    assert "<script>alert(2)</script>" in text, "printed text stands there as text"
    assert "alert(1)" not in "".join(page.texts).replace(SCRIPT, "").replace(
        "HTML('<script>alert(1)", ""
    )
    assert any(one.startswith("data:image/png") for one in page.loaded), "the figure is in the page"
    assert "limit" in text
    assert "held" in text, "a widget is seen as it stood"
    source = (ran[1] / "report.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in source
    links = [
        values["href"]
        for tag, values in page.tags
        if tag == "a" and not values["href"].startswith("#")
    ]
    assert len(links) == 5
    assert all((ran[1] / link).is_file() for link in links), "the executed copies are there"


def test_a_flood_is_cut_with_a_note(page, ran):
    assert "lines left out" in "".join(page.texts)
    assert "characters left out" in "".join(page.texts)
    assert (ran[1] / "report.html").stat().st_size < 500_000
    assert (ran[1] / "junit.xml").stat().st_size < 200_000


def test_the_line_at_which_a_slow_cell_was_interrupted_is_named(ran):
    (slow,) = [one for one in ran[0].notebooks if "d-slow" in one.path]
    assert (slow.status, slow.culprit.line, slow.culprit.source) == (
        "timed-out",
        2,
        "time.sleep(100)",
    )


def test_junit_counts_and_names(suites):
    assert {name: suites.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "5",
        "failures": "2",
        "errors": "1",
    }
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == ["a-good", "b-fails", "c-flood", "d-slow", "e-good"]
    assert [child.tag for child in cases["b-fails"]] == ["failure", "system-out"]
    assert [child.tag for child in cases["a-good"]] == ["system-out"]
    assert cases["d-slow"].find("error").get("type") == "timed-out"


MAY_HOLD = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"properties", "testcase"},
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "testcase": ({"failure", "error", "system-out"}, {"name", "classname", "time"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}


def test_junit_holds_only_what_the_schema_of_jenkins_has(suites):
    for element in suites.iter():
        children, attributes = MAY_HOLD[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.attrib) <= attributes


def test_junit_has_no_character_that_xml_cannot_hold(suites):
    failure = suites[2].find("testcase/failure")
    assert failure.get("message").endswith("ValueError: odd & <b>")


def test_junit_says_why_how_to_see_it_again_and_what_the_cells_took(suites):
    case = suites[1]
    failure = case.find("testcase/failure")
    assert (
        failure.get("message")
        == "cell 2 (divide), line 3: rows / empty: ZeroDivisionError: division by zero"
    )
    assert "again: energykit notebooks run " in failure.text
    properties = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert re.fullmatch(r"failed, \d+\.\d{3} s(, \d+ MB)?", properties["cell 02 divide"])
    assert properties["cell 03 cell-3"].startswith("not-run")


def test_an_error_of_a_service_fails_the_cell_that_ran(tmp_path):
    cells = (SERVICES, PIPELINE, ("pipeline({'broken': True}, {})", "provoke", {}), "'goes on'")
    path = write(tmp_path / "notebooks" / "log.ipynb", *cells)
    report = run([path], Options(out=tmp_path / "out"))
    (verdict,) = report.notebooks
    assert [cell.status for cell in verdict.cells] == ["passed", "passed", "failed", "passed"], (
        repr(report)
    )
    assert "data/logs/" in verdict.reason
    assert "ERROR" in verdict.reason
    logs = {Path(log.path).name: log for log in verdict.logs}
    assert {"sender.log", "taker.log", "orchestrator.log"} <= set(logs)
    assert "a fault of the service" in logs["sender.log"].text
    assert logs["sender.log"].errors
    page = Page(write_page(report, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "a fault of the service" in "".join(page.texts)
    assert "a fault of the service" in write_junit(report, tmp_path / "j.xml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("where", ["cell", "notebook"])
def test_an_error_that_is_provoked_is_said_to_be(tmp_path, where):
    expected = {"energykit": {"errors_expected": True}}
    provoke = ("pipeline({'broken': True}, {})", "provoke", expected if where == "cell" else {})
    own = expected if where == "notebook" else None
    path = write(
        tmp_path / "notebooks" / "log.ipynb", SERVICES, PIPELINE, provoke, "'goes on'", metadata=own
    )
    report = run([path], Options(out=tmp_path / "out"))
    assert report.ok, repr(report)
    assert any(log.errors for log in report.notebooks[0].logs)


def test_lost_rows_between_stages_fail_the_cell_that_ran(tmp_path):
    cells = (
        SERVICES,
        PIPELINE,
        "assert pipeline({}, {}).ok",
        ("pipeline({}, {'loses': 2})", "loses", {}),
    )
    path = write(tmp_path / "notebooks" / "rows.ipynb", *cells)
    report = run([path], Options(out=tmp_path / "out"))
    (verdict,) = report.notebooks
    assert [cell.status for cell in verdict.cells] == ["passed", "passed", "passed", "failed"], (
        repr(report)
    )
    assert verdict.reason.endswith("sender sent 5 rows, taker received 3")


PARAMETERS = ("count = 3", "parameters", {"tags": ["parameters"]})


def test_a_folder_and_named_sets_give_a_verdict_each(tmp_path, capsys):
    for name in ("b", "a"):
        write(tmp_path / "notebooks" / f"{name}.ipynb", PARAMETERS, "assert count < 10")
    sets = tmp_path / "sets.json"
    sets.write_text(
        json.dumps({"sets": {"small": {"count": 1}, "large": {"count": 300}}}), encoding="utf-8"
    )
    folder, out, junit = tmp_path / "notebooks", tmp_path / "out", tmp_path / "deep" / "j.xml"
    code = main(
        [
            "notebooks",
            "run",
            str(folder),
            "--parameters",
            str(sets),
            "--out",
            str(out),
            "--json",
            "-j",
            "2",
            "--junit",
            str(junit),
        ]
    )
    told = capsys.readouterr()
    plain = json.loads(told.out)
    assert (code, plain["exit_code"], plain["ok"]) == (1, 1, False)
    found = [(Path(one["path"]).name, one["set_name"], one["status"]) for one in plain["notebooks"]]
    assert found == [
        ("a.ipynb", "small", "passed"),
        ("a.ipynb", "large", "failed"),
        ("b.ipynb", "small", "passed"),
        ("b.ipynb", "large", "failed"),
    ]
    assert plain["notebooks"][1]["command"].endswith("a.ipynb --set large -p count 300")
    assert len(told.err.splitlines()) == 4
    assert [case.get("name") for case in ET.parse(junit).getroot().iter("testcase")][
        1
    ] == "a[large]"


def test_one_set_is_chosen_by_its_name(tmp_path, capsys):
    path = write(tmp_path / "notebooks" / "a.ipynb", PARAMETERS, "assert count == 1")
    sets = tmp_path / "sets.yaml"
    sets.write_text("sets:\n  small: {count: 1}\n  large: {count: 300}\n", encoding="utf-8")
    call = [
        "notebooks",
        "run",
        str(path),
        "--parameters",
        str(sets),
        "--out",
        str(tmp_path / "out"),
        "--set",
    ]
    assert main([*call, "small"]) == 0
    assert f"{path} [small]" in capsys.readouterr().out
    assert main([*call, "smal"]) == 2
    assert "did you mean 'small'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "plain",
    [{"sets": {}}, {"sets": {"a": 1}}, {"sets": {"../a": {}}}, {"sets": {"a": {}}, "count": 3}],
)
def test_what_is_no_sets_is_refused(tmp_path, plain):
    file = tmp_path / "sets.json"
    file.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(UsageError):
        read_sets(file)


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(UsageError, match="the folder holds no notebooks"):
        run([tmp_path])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>a</b><script>x</script>c", "<b>a</b>c"),
        ("<p>a<b>c", "<p>a<b>c</b></p>"),
        ("a</div></div>c", "ac"),
        ('<img src="http://a.b/c.png" onerror="x()">', "<img>"),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA==">'),
        ('<p style="background:url(x)">a</p>', "<p>a</p>"),
        ('<p style="color:red">a &lt; c</p>', '<p style="color:red">a &lt; c</p>'),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ("<iframe src=x>a</iframe><svg><g/></svg>", "<svg><g></g></svg>"),
        ("<script>never ends", ""),
    ],
)
def test_html_of_a_notebook_is_made_safe(text, shown):
    assert sanitize_html(text) == shown
