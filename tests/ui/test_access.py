"""Nobody is shut out: no page of the kit violates WCAG 2.2 A or AA, by axe-core, in both themes."""

import json

import nbformat
import pytest

import energykit as ek
from energykit.course import copy_course, make_site
from energykit.course.predictions import class_choices, question_named
from energykit.notebooks import Options, run
from energykit.notebooks.report.page import write_page
from energykit.report import find_run, write_report
from tests.ui.axe import violations
from tests.ui.test_lab import IDLE, THEMES, opened, run_all, show

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab")]

LESSONS = ("00-start-here", "02-the-contract")
"""Figures, tables, a dashboard and bytes: every kind of output that lessons have."""
RUN_CELL = """async id => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


def violations_of(page, file):
    """What a page violates, in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(file.as_uri())
        found += [f"{file.name}, {scheme}: {text}" for text in violations(page)]
    return found


def in_both_themes(page, *parts):
    """What parts of a notebook in JupyterLab violate, in light and in dark."""
    found = []
    for theme in THEMES:
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            THEMES[theme],
        )
        page.wait_for_timeout(500)  # until it is painted
        found += [f"{theme}: {text}" for part in parts for text in violations(page, part)]
    return found


@pytest.fixture
def page(browser):
    """A page without errors of its own; a file may be looked at, too."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def test_the_site_of_the_course(page, tmp_path):
    course = copy_course(tmp_path / "course", answers=True)
    for file in (course / "notebooks").glob("*.ipynb"):
        if file.stem not in LESSONS:
            file.unlink()
    site = make_site(tmp_path / "site", notebooks=course / "notebooks", out=tmp_path / "out")
    assert not site.failed
    files = sorted((tmp_path / "site").glob("*.html"))
    assert {"index.html", *(f"{name}.html" for name in LESSONS)} <= {file.name for file in files}
    assert [text for file in files for text in violations_of(page, file)] == []


def test_the_report_of_a_run(page, tmp_path):
    course = copy_course(tmp_path / "course")
    config, data_root = course / "config" / "household-pipeline.json", course / "data"
    with ek.local_services(config, data_root=data_root) as services:
        ek.run(config, services).raise_for_failure()
    file = write_report(find_run(data_root=data_root), tmp_path / "report.html")
    assert violations_of(page, file) == []


def test_the_report_of_the_runner(page, tmp_path):
    cells = [
        nbformat.v4.new_markdown_cell("# A title\n\n[a link](other.md)"),
        nbformat.v4.new_code_cell("import pandas as pd\npd.DataFrame({'kWh': [1.5]})"),
        nbformat.v4.new_code_cell("1 / 0"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), tmp_path / "a.ipynb")
    report = run([tmp_path / "a.ipynb"], Options(out=tmp_path / "out"))
    assert not report.ok
    file = tmp_path / "runner.html"
    write_page(report, file)
    assert violations_of(page, file) == []


def test_the_dashboard_and_its_figures(page, lab):
    opened(page, lab, "00-start-here")
    run_all(page)
    show(page, "board")
    board = page.locator(".ek-dashboard")
    board.locator('[role="status"]').wait_for()
    board.locator(".ek-start:enabled").press("Enter")
    board.locator(".ek-step:enabled").wait_for(timeout=60_000)
    page.wait_for_function("document.activeElement.matches('.ek-step')")  # the next sensible step
    assert in_both_themes(page, ".ek-dashboard", ".ek-scene") == []
    board.locator(".ek-stop:enabled").press("Enter")
    board.locator(".ek-start:enabled").wait_for(timeout=60_000)
    lab.end_kernels()


def run_cells(page, *ids):
    """Run cells, one after the other."""
    for name in ids:
        page.evaluate(RUN_CELL, name)
        page.wait_for_function(IDLE, timeout=60_000)


def test_a_prediction_is_chosen_kept_and_compared(page, lab):
    opened(page, lab, "01-what-is-in-a-reading")
    run_cells(page, "doctor", "predict-same")
    page.locator('.ek-prediction [role="radiogroup"]').wait_for(timeout=60_000)
    assert in_both_themes(page, ".ek-prediction") == []
    question = question_named("01-same")
    page.get_by_label(question.choices[1]).check()
    page.get_by_text(f"You predict: {question.choices[1]}").wait_for()
    kept = json.loads((lab.root / "notebooks" / "predictions.json").read_text(encoding="utf-8"))
    assert kept["01-same"]["choice"] == 1
    run_cells(page, "doctor")
    page.get_by_text(f"You predicted: {question.choices[1]}").wait_for()
    assert page.get_by_label(question.choices[0]).is_disabled()
    [total] = [total for total in class_choices(lab.root) if total.question.name == "01-same"]
    assert total.counts[1] == 1
    lab.end_kernels()


def test_sliders_have_names(page, lab):
    opened(page, lab, "01-what-is-in-a-reading")
    run_cells(page, "doctor", "triangle")
    page.locator('[role="slider"][aria-label="Power factor [1]"]').wait_for(timeout=60_000)
    assert page.locator('.ek-power-triangle [role="slider"]:not([aria-label])').count() == 0
    assert in_both_themes(page, ".ek-power-triangle") == []
    lab.end_kernels()
