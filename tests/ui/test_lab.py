"""The lessons in a real JupyterLab: they run from top to bottom in light and dark, and the dashboard's buttons work."""

import time
from pathlib import Path

import pytest

from energykit.course import lessons

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab")]

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
IDLE = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
END = "document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 10 ** 7)"
TROUBLE = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]'


def opened(page, lab, name):
    page.goto(f"{lab.url}/lab/tree/notebooks/{name}.ipynb?reset", wait_until="load")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function(IDLE, timeout=60_000)
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    return page


def run_all(page):
    page.evaluate(RUN_ALL)
    page.wait_for_function(IDLE, timeout=120_000)


def shut_down(page):
    """End the kernel, and wait until Jupyter says that it is gone."""
    page.evaluate(
        "async () => { const manager = window.jupyterapp.serviceManager.sessions;"
        " await manager.refreshRunning(); await manager.shutdownAll(); await manager.refreshRunning(); }"
    )


def picture(page, pictures, name, theme):
    page.evaluate(f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{THEMES[theme]}'}})")
    page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'")
    page.wait_for_timeout(500)  # until it is painted
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
    page.evaluate(END)
    for theme in THEMES:
        picture(page, pictures, name, theme)
    assert page.locator(TROUBLE).count() == 0
    shut_down(page)
    assert awaited(lambda: lab.services() == []), lab.services()


def test_the_dashboard_starts_steps_reports_and_stops(page, lab, pictures):
    opened(page, lab, "00-start-here")
    run_all(page)
    board = page.locator(".ek-dashboard")
    board.scroll_into_view_if_needed()
    state = board.locator(".ek-state")

    def press(name, then):
        board.locator(f".ek-{name}").press("Enter")
        page.wait_for_function(
            "text => document.querySelector('.ek-dashboard .ek-state').textContent.includes(text)", arg=then,
            timeout=60_000,
        )  # fmt: skip

    press("start", "services are serving")
    assert len(lab.services()) == 3
    for then in ("ready for the next stage", "ready for the next stage", "the run has succeeded"):
        press("step", then)
    figure = page.locator(".ek-figures img").first
    figure.wait_for(timeout=20_000)
    assert figure.get_attribute("alt")
    assert page.locator(".ek-log").first.inner_text().count("succeeded") >= 3
    for theme in THEMES:
        board.evaluate("element => element.closest('.jp-Cell').scrollIntoView()")
        picture(page, pictures, "dashboard", theme)
    press("stop", "services are stopped")
    assert awaited(lambda: lab.services() == []), lab.services()
    press("start", "services are serving")
    assert state.inner_text() == "services are serving"
    shut_down(page)
    assert awaited(lambda: lab.services() == []), lab.services()
    assert all((Path(pictures) / f"dashboard-{theme}.png").stat().st_size > 20_000 for theme in THEMES)
