"""The lessons in a real JupyterLab run in light and dark, and the dashboard's buttons work."""

import secrets
import time
from pathlib import Path

import pytest

from energykit.course import lessons

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab")]

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
READY = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.ready; }"
RUN_ALL = """async () => {
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    const cells = window.jupyterapp.shell.currentWidget.content.widgets
        .filter(cell => cell.model.type === 'code');
    return cells.filter(cell => cell.model.executionCount === null).map(cell => cell.model.id);
}"""
IDLE = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
SHOWN = """async id => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const at = id
        ? notebook.widgets.findIndex(cell => cell.model.id === id)
        : notebook.widgets.length - 1;
    await notebook.scrollToItem(at, id ? 'start' : 'end');
    notebook.widgets[at].node.scrollIntoView({block: id ? 'start' : 'end'});
}"""
TROUBLE = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]'


def opened(page, lab, name):
    workspace = secrets.token_hex(4)  # of its own: nothing is open yet
    page.goto(
        f"{lab.url}/lab/workspaces/{workspace}/tree/notebooks/{name}.ipynb?token={lab.token}",
        wait_until="load",
    )
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.evaluate(READY)
    page.wait_for_function(IDLE, timeout=60_000)
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    return page


def run_all(page):
    assert page.evaluate(RUN_ALL) == []  # no cell was left out
    page.wait_for_function(IDLE, timeout=120_000)


def show(page, cell_id=None):
    """Scroll to a cell, to the last one without an id."""
    page.evaluate(SHOWN, cell_id)


def left_alone(page, lab):
    """Close the page, end the kernels, and return the services that are left then."""
    page.goto("about:blank")
    lab.end_kernels()
    awaited(lambda: lab.services() == [])
    return lab.services()


def picture(page, pictures, name, theme, cell_id=None):
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        THEMES[theme],
    )
    page.wait_for_function(
        f"document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'"
    )
    page.wait_for_timeout(300)  # until it is painted
    show(page, cell_id)
    page.wait_for_timeout(500)  # as above
    page.screenshot(path=pictures / f"{name}-{theme}.png")


def awaited(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


@pytest.mark.parametrize("name", [lesson.name for lesson in lessons()])
def test_a_lesson_runs_from_top_to_bottom(page, lab, pictures, name):
    opened(page, lab, name)
    run_all(page)
    for theme in THEMES:
        picture(page, pictures, name, theme)
    assert page.locator(TROUBLE).count() == 0
    assert left_alone(page, lab) == []


def test_the_dashboard_starts_steps_reports_and_stops(page, lab, pictures):
    opened(page, lab, "00-start-here")
    run_all(page)
    show(page, "board")
    board = page.locator(".ek-dashboard")
    state = board.locator(".ek-state")

    def press(name, then, stages=0):
        board.locator(f".ek-{name}:enabled").press("Enter")
        page.wait_for_function(
            "([then, stages]) => document.querySelector('.ek-dashboard .ek-state')"
            "?.textContent.includes(then)"
            " && (document.querySelector('.ek-log')?.textContent ?? '').split(': succeeded').length"
            " > stages",
            arg=[then, stages],
            timeout=60_000,
        )

    press("start", "services are serving")
    assert len(lab.services()) == 3
    for stages, then in enumerate(
        ("ready for the next stage", "ready for the next stage", "the run has succeeded"), 1
    ):
        press("step", then, stages)
    figure = page.locator(".ek-figures img").first
    figure.wait_for(timeout=20_000)
    assert figure.get_attribute("alt")
    assert page.locator(".ek-log").first.inner_text().count("succeeded") >= 3
    page.set_viewport_size(
        {"width": 1280, "height": 1650}
    )  # the README's picture: the board with its figures
    for theme in THEMES:
        picture(page, pictures, "dashboard", theme, "board")
    press("stop", "services are stopped")
    assert awaited(lambda: lab.services() == []), lab.services()
    press("start", "services are serving")
    assert state.inner_text() == "services are serving"
    assert left_alone(page, lab) == []
    assert all(
        (Path(pictures) / f"dashboard-{theme}.png").stat().st_size > 20_000 for theme in THEMES
    )
