"""The course as pages: every link leads somewhere, pictures are inside, nothing needs a network."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from energykit.course import make_site
from energykit.errors import EnergykitError

FIGURE = """
from IPython.display import HTML, display
import matplotlib.pyplot as plt
display(HTML("<b>a table</b>"))
import sys
print("its own log", file=sys.stderr)
_ = plt.plot([1, 2])
"""


class Resources(HTMLParser):
    """Everything that a page loads, and where its links lead."""

    def __init__(self):
        super().__init__()
        self.loaded, self.links = [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"script", "iframe", "link"}:
            self.loaded.append(given.get("src") or given.get("href") or tag)
        elif tag == "img":
            self.loaded += [] if given["src"].startswith("data:") else [given["src"]]
        elif tag == "a" and not given["href"].startswith("#"):
            self.links.append(given["href"])


def lesson(folder, number, source, links=""):
    first = (
        f"# 0{number} · Lesson {number}\n\n**What is {number}?**\n\n"
        f"*{number + 10} minutes. Before: nothing.*"
    )
    cells = [
        nbformat.v4.new_markdown_cell(first),
        nbformat.v4.new_code_cell(source),
        nbformat.v4.new_markdown_cell(links),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / f"0{number}-lesson.ipynb"
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


def test_pages_an_index_and_a_glossary(folder, tmp_path):
    lesson(folder, 0, FIGURE, "[next](01-lesson.ipynb), [words](glossary.md)")
    lesson(
        folder,
        1,
        "'<script>alert(1)</script>'",
        "[back](00-lesson.ipynb#part), [the map](README.md)",
    )
    (folder / "glossary.md").write_text("# Glossary\n\n[one](01-lesson.ipynb)\n", encoding="utf-8")
    site = make_site(tmp_path / "site", notebooks=folder, out=tmp_path / "out")
    assert [page.name for page in site.pages] == ["00-lesson.html", "01-lesson.html"]
    assert str(site.index) in repr(site)
    for page in Path(tmp_path / "site").glob("*.html"):
        found = Resources()
        text = page.read_text(encoding="utf-8")
        found.feed(text)
        assert found.loaded == [], page
        assert all((page.parent / link.partition("#")[0]).is_file() for link in found.links), (
            found.links
        )
        assert not re.search(r"url\(\s*[\"']?https?:", text)
    index = site.index.read_text(encoding="utf-8")
    assert "2 lessons, about 0.35 hours" in index
    assert index.count("data:image/png;base64") == 1
    first = site.pages[0].read_text(encoding="utf-8")
    assert "<b>a table</b>" in first
    assert re.search(r'class="[^"]*\boutput_stderr\b[^"]*">\s*<pre>its own log', first)
    assert ".output_stderr { background: #d55e0022" in first  # lessons speak of what stands in red


def test_a_page_shows_what_a_check_says_and_not_the_answer(folder, tmp_path):
    lesson(
        folder,
        0,
        "def f():\n    ### BEGIN SOLUTION\n    return 41 + 1\n    ### END SOLUTION\n\nf()",
    )
    text = (
        make_site(tmp_path / "site", notebooks=folder, out=tmp_path / "out")
        .pages[0]
        .read_text(encoding="utf-8")
    )
    assert "YOUR CODE HERE" in text
    assert "SOLUTION" not in text
    assert ">42<" in re.sub(r"\s", "", text)


def test_a_lesson_that_fails_makes_no_site(folder, tmp_path):
    lesson(folder, 0, "1 / 0")
    with pytest.raises(EnergykitError, match=r"a lesson failed: cell 1 .*ZeroDivisionError"):
        make_site(tmp_path / "site", notebooks=folder, out=tmp_path / "out")
    assert not (tmp_path / "site").exists()
