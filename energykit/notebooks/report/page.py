"""Verdicts as one HTML file that needs nothing beside it: what failed first, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit import html
from energykit.notebooks.atomic_file import write_whole
from energykit.notebooks.report.article import article
from energykit.notebooks.report.outputs import SpaceLeft

if TYPE_CHECKING:
    from energykit.notebooks.verdict.record import NotebookVerdict, Report

__all__ = ["write_page"]

LARGEST_CHARACTERS = 20_000_000
"""How much of outputs and pictures a page holds; the rest is in the executed copies."""
_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --bad: #c23b00;
  --badsoft: #ffe9df; --good: #007a5a; --text: #1f2328; --dim: #59636e; --page: #ffffff;
  --bar: #56B4E9; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #1a2028; --bad: #ff9a6b; --badsoft: #4a2413; --good: #35c79b;
    --text: #e6edf3; --dim: #9aa5b1; --page: #0d1117; --bar: #2f7fb0; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72em; margin: 0 auto;
  padding: 1.5em 1.2em 4em; color: var(--text); background: var(--page); }
h1 { font-size: 1.6em; margin: 0 0 .3em; }
h2 { font-size: 1.2em; margin: 0 0 .4em; overflow-wrap: anywhere; }
h3 { font-size: 1em; margin: .9em 0 .3em; } a { color: inherit; }
pre, code, kbd { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: 13px; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px;
  padding: .6em .8em; margin: .4em 0; white-space: pre-wrap; overflow-wrap: anywhere;
  max-height: 34em; overflow: auto; }
pre.stderr { border-left: 4px solid var(--bad); }
.dim, .note { color: var(--dim); } .bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); }
article { border: 1px solid var(--line); border-left: 6px solid var(--bad); border-radius: 8px;
  padding: 1em 1.2em; margin: 1.2em 0; }
article.passed { border-left-color: var(--good); padding: .6em 1.2em; margin: .5em 0; }
.why { font-size: 1.1em; margin: .2em 0 .6em; overflow-wrap: anywhere; }
.why b { color: var(--bad); }
.source { border: 1px solid var(--line); border-radius: 6px; overflow: auto; max-height: 34em;
  background: var(--soft); padding: .4em 0; }
.source div { display: flex; white-space: pre-wrap; overflow-wrap: anywhere; padding-right: .8em; }
.source .n { flex: 0 0 4.2em; text-align: right; padding-right: 1em; color: var(--dim);
  user-select: none; font-size: 13px; line-height: 1.7; }
.source .hit { background: var(--badsoft); font-weight: 700; }
.source .hit .n { color: var(--bad); }
.source .hit .n::before { content: "\\25B6  "; }
table { border-collapse: collapse; } td, th { overflow-wrap: break-word; } td pre { margin: 0; }
.rich td, .rich th { padding: .1em .6em; text-align: right; }
.cells { width: 100%; } .cells td { padding: .15em .6em; border-bottom: 1px solid var(--line); }
.cells td.r { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cells td.w { width: 35%; } .cells .b td { background: var(--badsoft); }
.bar { height: .8em; border-radius: 3px; background: var(--bar); min-width: 1px; }
.list { width: 100%; }
.list td { padding: .35em .6em; border-bottom: 1px solid var(--line); vertical-align: top; }
.list td:nth-child(-n+2) { white-space: nowrap; } .list td:last-child { overflow-wrap: anywhere; }
details > summary { cursor: pointer; padding: .25em 0; } figure { margin: .4em 0; }
img { max-width: 100%; height: auto; background: #ffffff; } .rich { overflow-x: auto; }
.widget { padding: .1em .6em; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18em, 1fr)); gap: .8em; }
"""


def write_page(report: Report, path: Path) -> Path:
    """Write a report as one HTML file and return its path.

    Parameters
    ----------
    report
        The verdicts; the executed copies that they name are read.
    path
        The file; replaced whole or not at all.
    """
    return write_whole(path, _page(report, path.parent.resolve()).encode(errors="replace"))


def _page(report: Report, home: Path) -> str:
    bad = [one for one in report.notebooks if not one.ok]
    good = [one for one in report.notebooks if one.ok]
    room = SpaceLeft(LARGEST_CHARACTERS)
    title = _title(len(bad), len(report.notebooks))
    body = [
        html.element("h1", title, class_="" if good and not bad else "bad"),
        html.element("p", f"{report.seconds:.1f} s in all", class_="dim"),
        _contents(bad) if len(bad) > 1 else "",
        *(article(one, f"n{at}", home, room) for at, one in enumerate(bad, 1)),
        html.element("h2", f"Passed: {len(good)}") if good else "",
        *(article(one, f"p{at}", home, room) for at, one in enumerate(good, 1)),
    ]
    head = [
        html.element("title", title),
        html.Html('<meta charset="utf-8">'),
        html.Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        html.CONTENT_POLICY,
        html.element("style", html.Html(_STYLE)),
    ]
    page = html.element("html", html.element("head", *head), html.element("body", *body), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _title(bad: int, total: int) -> str:
    count = f"{total} notebook" if total == 1 else f"{total} notebooks"
    return f"{bad} of {count} failed" if bad else f"{count} passed"


def _contents(bad: list[NotebookVerdict]) -> html.Html:
    """Return one line for each notebook that did not pass."""
    rows = [
        html.element(
            "tr",
            html.element("td", html.badge(one.status)),
            html.element("td", html.element("a", Path(one.path).stem, href=f"#n{at}"), _set(one)),
            html.element("td", one.reason[:400]),
        )
        for at, one in enumerate(bad, 1)
    ]
    return html.element("table", *rows, class_="list")


def _set(one: NotebookVerdict) -> str:
    return f" [{one.set_name}]" if one.set_name else ""
