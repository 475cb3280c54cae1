"""A real JupyterLab on a copy of the course, and a real browser in front of it.

Needs Playwright (extra `ui`) and a Chromium of the system, or one that ENERGYKIT_CHROMIUM names;
`make ui-test` brings the first and says how to get the second. ENERGYKIT_PICTURES names a folder
for screenshots.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest

from energykit.course import copy_course

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SETTINGS = {
    "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    },
    # all cells are drawn, not only those in sight: a test finds the one it wants
    "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {
        "windowingMode": "none"
    },
    "config/labconfig/page_config.json": {
        "disabledExtensions": {"@jupyter/nbgrader": True}
    },  # the teacher's
}
READY_S = 60


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    process: psutil.Process
    root: Path

    def end_kernels(self) -> None:
        """Shut down every kernel, as the page's menu does."""
        for kernel in json.loads(self._answer("GET", "/api/kernels")):
            self._answer("DELETE", f"/api/kernels/{kernel['id']}")

    def _answer(self, method: str, path: str) -> bytes:
        request = Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urlopen(request, timeout=30) as answer:  # this machine's own
            return answer.read()

    def services(self) -> list[int]:
        """Services of the kit that run below it, and below its kernels."""
        found = []
        for child in self.process.children(recursive=True):
            try:
                if any(part.startswith("services.") for part in child.cmdline()):
                    found.append(child.pid)
            except psutil.NoSuchProcess:
                continue
        return found


@pytest.fixture(scope="session")
def browser():
    missing = (
        pytest.fail if "ENERGYKIT_PICTURES" in os.environ else pytest.skip
    )  # make ui-test does not skip
    if not find_spec("playwright"):
        missing("no Playwright: make ui-test installs it")
    from playwright.sync_api import sync_playwright

    found = os.environ.get("ENERGYKIT_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    if not found:
        missing(
            "no Chromium here: install it (Debian: apt install chromium), or name it in"
            " ENERGYKIT_CHROMIUM"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("lab")
    course = copy_course(folder / "course", answers=True)
    for name, settings in SETTINGS.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    token = secrets.token_hex(16)
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--ip=127.0.0.1",
        "--port=0",
        "--allow-root",
        "--expose-app-in-browser",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={course}",
    ]
    with subprocess.Popen(
        command,
        cwd=course,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        addresses = (re.search(r"(http://127\.0\.0\.1:\d+)", line) for line in process.stderr)
        url = next(found[1] for found in addresses if found)
        threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()
        try:
            yield Lab(url, token, psutil.Process(process.pid), course)
        finally:
            below = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(30)
            _gone, left = psutil.wait_procs(below, timeout=20)
            assert left == []


@pytest.fixture
def page(browser, pictures):
    """A page that fails the test for every error in its console."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    outside = []
    page.on("request", lambda request: outside.append(request.url))
    yield page
    page.screenshot(path=pictures / "last-seen.png")  # what a failed test was looking at
    page.close()
    assert errors == []
    assert [
        url for url in outside if not re.match(r"(http|ws)://127\.0\.0\.1[:/]|data:|blob:", url)
    ] == []


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where screenshots go."""
    folder = Path(os.environ.get("ENERGYKIT_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
