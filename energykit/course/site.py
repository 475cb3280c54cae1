"""The course as a static site: executed notebooks as pages without a network, and an index."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.artifacts import replace_file
from energykit.course.answer import without_answers
from energykit.course.lesson import lessons
from energykit.errors import EnergykitError, MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from energykit.course.lesson import Lesson
    from energykit.notebooks import NotebookVerdict

__all__ = ["Site", "make_site"]

_CELL_S, _LESSON_S = 300.0, 900.0
"""How long a cell and a lesson may take [s]: a page may be slow to make, a test may not."""
GLOSSARY, MAP = "glossary.md", "README.md"
"""Beside the notebooks; the index stands for the map."""
_PICTURE = re.compile(r'src="(data:image/png;base64,[A-Za-z0-9+/=\s]+)"')
_NOTEBOOK_LINK = re.compile(r'href="((?:\d\d-)[\w-]+)\.ipynb')
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1b1b1b; --code: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #111; --ink: #e4e4e4; --code: #272822; } }
body { background: var(--page); color: var(--ink); font-family: system-ui, sans-serif;
    line-height: 1.5; max-width: 62em; margin: 1.5em auto; padding: 0 1.2em; }
nav { display: flex; justify-content: space-between; gap: 1em; border-bottom: 1px solid #8886;
    padding-bottom: 0.6em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
img, svg { max-width: 100%; height: auto; }
.highlight { background: var(--code); border: 1px solid #8886; border-left: 3px solid #8886;
    padding: 0.6em 0.8em; margin: 0.6em 0; }
.jp-InputPrompt, .jp-OutputPrompt, .prompt, .anchor-link { display: none; }
.output_area, .jp-OutputArea-output { overflow-x: auto; }
table { font-size: 0.95em; border-collapse: collapse; }
th, td { padding: 0.2em 0.7em; }
.output_stderr { background: #d55e0022; border-left: 3px solid #d55e00; padding: 0.2em 0.6em; }
.failed { border: 1px solid #d55e00; border-left-width: 0.4em; padding: 0.5em 0.9em; }
.lessons { display: grid; grid-template-columns: repeat(auto-fill, minmax(17em, 1fr)); gap: 1.2em;
    padding: 0; }
.lessons li { list-style: none; border: 1px solid #8886; border-radius: 6px; padding: 0.9em; }
.lessons img { height: 9em; width: 100%; object-fit: contain; object-position: left;
    background: white; }
"""


@dataclass(frozen=True)
class Site:
    """A site that was made."""

    index: Path
    """Its first page."""
    pages: tuple[Path, ...]
    """A page for each lesson, in their order."""
    failed: tuple[NotebookVerdict, ...] = ()
    """Lessons that did not run to their end; their pages say why, and show what ran."""

    def __repr__(self) -> str:
        """Say where it is, and what failed."""
        lines = [f"{len(self.pages)} lessons: open {self.index}"]
        lines += [f"failed: {_reason(verdict)}" for verdict in self.failed]
        return "\n".join(lines)

    def raise_for_failure(self) -> Site:
        """Return the site if every lesson ran.

        Raises
        ------
        energykit.errors.EnergykitError
            A lesson failed.
        """
        for verdict in self.failed:
            raise EnergykitError(
                f"a lesson failed: {verdict.reason}", where=verdict.path, hint=verdict.command
            )
        return self


def _reason(verdict: NotebookVerdict) -> str:
    return f"{verdict.path}: {verdict.reason} → {verdict.command}"


def make_site(
    folder: str | PathLike[str],
    *,
    jobs: int = 2,
    notebooks: str | PathLike[str] | None = None,
    out: str | PathLike[str] = "data/out/site",
    on_verdict: Callable[[NotebookVerdict], None] | None = None,
) -> Site:
    """Run every lesson and write it as a page, with an index; none loads from a network.

    A lesson that fails, or a cell that takes too long, does not stop the others: its page says so
    at its top, and so does the site's `Site.failed`.

    Parameters
    ----------
    folder
        Where the pages go; made if it is missing.
    jobs
        How many lessons run at a time.
    notebooks
        Your own lessons, and ``glossary.md`` where there is one; None: the course.
    out
        A folder for each run goes in here.
    on_verdict
        Called with each lesson's verdict as it comes.

    Raises
    ------
    energykit.errors.MissingPackageError
        nbconvert is not installed.
    """
    from energykit.notebooks import Options, run  # optional packages

    found = lessons(notebooks)
    report = run(
        [lesson.path for lesson in found],
        Options(jobs=jobs, out=Path(out), cell_s=_CELL_S, notebook_s=_LESSON_S),
        on_verdict=on_verdict,
    )
    failed = tuple(verdict for verdict in report.notebooks if not verdict.ok)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    ran = zip(found, report.notebooks, strict=True)
    bodies = [_lesson_body(lesson, verdict) for lesson, verdict in ran]
    pages = tuple(
        _page(lesson, body, found, target) for lesson, body in zip(found, bodies, strict=True)
    )
    glossary = found[0].path.parent / GLOSSARY
    if glossary.is_file():
        _written(target / "glossary.html", "Glossary", _markdown(glossary))
    link = html.element("a", "Glossary", href="glossary.html") if glossary.is_file() else ""
    index = _written(target / "index.html", "energykit: the course", _index(found, bodies, link))
    return Site(index, pages, failed)


def _lesson_body(lesson: Lesson, verdict: NotebookVerdict) -> str:
    """Return a lesson as it ran, and what stopped it; as it is stored where nothing ran."""
    executed = Path(verdict.folder) / lesson.path.name
    has_run = bool(verdict.folder) and executed.is_file()
    body = _body(executed if has_run else lesson.path)
    if verdict.ok:
        return body
    what = f"This lesson did not run to its end ({verdict.status}): {verdict.reason}"
    again = html.element("code", verdict.command)
    notice = html.element("p", what, html.element("br"), again, class_="failed", role="note")
    return str(html.join([notice, html.Html(body)]))


def _body(executed: Path) -> str:
    """Return an executed notebook as HTML: text, code without answers, and static outputs."""
    try:
        import nbformat  # comes with nbconvert
        from nbconvert import HTMLExporter  # optional and heavy
        from traitlets.config import Config  # comes with nbconvert
    except ImportError:
        raise MissingPackageError("nbconvert", extra="notebooks", needed_for="the site") from None
    shown = ["text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain"]
    settings = Config({"NbConvertBase": {"display_data_priority": shown}})
    exporter: Any = HTMLExporter(template_name="basic", config=settings)  # type: ignore[no-untyped-call]
    exporter.exclude_anchor_links = True  # empty links, which a screen reader reads out
    notebook = json.dumps(without_answers(json.loads(executed.read_text(encoding="utf-8"))))
    text, _ = exporter.from_notebook_node(nbformat.reads(notebook, as_version=4))  # type: ignore[no-untyped-call]
    return str(text)


def _page(lesson: Lesson, body: str, found: Sequence[Lesson], folder: Path) -> Path:
    at = found.index(lesson)
    before = found[at - 1] if at else None
    after = found[at + 1] if at + 1 < len(found) else None
    links = html.element(
        "nav",
        _link(before, "← {}") if before else html.element("span"),
        html.element("a", "all lessons", href="index.html"),
        _link(after, "{} →") if after else html.element("span"),
    )
    return _written(
        folder / f"{lesson.name}.html", lesson.title, html.join([links, _relinked(body), links])
    )


def _relinked(text: str) -> html.Html:
    """Return a page's text with its links to notebooks, glossary and map leading to pages."""
    for old, new in ((GLOSSARY, "glossary.html"), (MAP, "index.html")):
        text = text.replace(f'href="{old}', f'href="{new}')
    return html.Html(_NOTEBOOK_LINK.sub(r'href="\1.html', text))


def _link(lesson: Lesson, text: str) -> html.Html:
    return html.element("a", text.format(lesson.title), href=f"{lesson.name}.html")


def _index(found: Sequence[Lesson], bodies: Sequence[str], glossary: str) -> html.Html:
    items = (_item(lesson, body) for lesson, body in zip(found, bodies, strict=True))
    hours = sum(lesson.minutes for lesson in found) / 60
    return html.join(
        [
            html.element("h1", "The course"),
            html.element(
                "p",
                f"{len(found)} lessons, about {hours:.2g} hours; in order they are one story. ",
                glossary,
            ),
            html.element("ol", *items, class_="lessons"),
        ]
    )


def _item(lesson: Lesson, body: str) -> html.Html:
    picture = _PICTURE.search(body)
    parts = [
        html.element("h2", html.element("a", lesson.title, href=f"{lesson.name}.html")),
        html.element("p", f"{lesson.minutes} min. {lesson.question}"),
    ]
    if picture:
        parts.append(html.element("img", src=picture[1], alt=f"The first figure of {lesson.title}"))
    return html.element("li", *parts)


def _markdown(path: Path) -> html.Html:
    from nbconvert.filters.markdown_mistune import markdown2html_mistune  # optional and heavy

    return _relinked(str(markdown2html_mistune(path.read_text(encoding="utf-8"))))


def _written(path: Path, title: str, body: html.Html) -> Path:
    from pygments.formatters import HtmlFormatter  # comes with nbconvert

    light, dark = (
        HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "monokai")
    )
    colours = f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(title)}</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{colours}\n{_STYLE}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    with replace_file(path) as file:
        file.write(page.encode())
    return path
