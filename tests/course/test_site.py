"""The course as pages: every link leads somewhere, pictures are inside, nothing needs a network."""

import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from energykit.cli import main
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


def test_a_lesson_that_fails_is_a_page_that_says_so_beside_the_others(folder, tmp_path):
    lesson(folder, 0, "1 / 0")
    lesson(folder, 1, "'it ran'")
    site = make_site(tmp_path / "site", notebooks=folder, out=tmp_path / "out")
    failed, ran = (page.read_text(encoding="utf-8") for page in site.pages)
    assert "This lesson did not run to its end (failed): cell 1" in failed
    assert "ZeroDivisionError" in failed
    assert "energykit notebooks run" in failed
    assert "did not run" not in ran
    assert "it ran" in ran
    assert [verdict.status for verdict in site.failed] == ["failed"]
    assert "00-lesson.ipynb: cell 1" in repr(site)
    with pytest.raises(EnergykitError, match=r"a lesson failed: cell 1 .*ZeroDivisionError"):
        site.raise_for_failure()


def test_a_lesson_that_never_began_is_shown_as_it_is_stored(folder, tmp_path):
    lesson(folder, 0, "'as stored'")
    file = folder / "00-lesson.ipynb"
    stored = nbformat.read(file, as_version=4)
    stored.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(stored, file)
    site = make_site(tmp_path / "site", notebooks=folder, out=tmp_path / "out")
    page = site.pages[0].read_text(encoding="utf-8")
    assert "This lesson did not run to its end" in page
    assert "as stored" in page


def test_the_command_says_what_failed_and_exits_with_1(folder, tmp_path, capsys, monkeypatch):
    lesson(folder, 0, "1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("energykit.course.make_site", partial(make_site, notebooks=folder))
    assert main(["course", "site", str(tmp_path / "site")]) == 1
    assert "failed:" in capsys.readouterr().out
