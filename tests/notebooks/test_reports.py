"""What a run of notebooks leaves to look at: logs, JUnit XML, HTML, JSON, parameter sets."""

import re
import xml.etree.ElementTree as ET

import pytest

from energykit.notebooks import Options, run
from energykit.notebooks.report.junit import write_junit
from energykit.notebooks.report.page import write_page
from energykit.notebooks.report.sanitizer import sanitize_html
from tests.notebooks.report_page import Page
from tests.notebooks.small import write

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
