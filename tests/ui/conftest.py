"""A real JupyterLab on a copy of the course, and a real browser in front of it.

Needs Playwright (extra `ui`) and a Chromium of the system, or one that ENERGYKIT_CHROMIUM names; `make ui-test` brings
the first and says how to get the second. ENERGYKIT_PICTURES names a folder for screenshots.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from energykit.course import copy_course

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SETTINGS = {"checkForUpdates": False, "doNotDisturbMode": True, "fetchNews": "false"}
READY_S = 60


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    process: psutil.Process

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
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright: make ui-test installs it")
    found = os.environ.get("ENERGYKIT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium here: install it (Debian: apt install chromium), or name it in ENERGYKIT_CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("lab")
    course = copy_course(folder / "course")
    settings = folder / "settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(SETTINGS), encoding="utf-8")
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }  # fmt: skip
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        "--expose-app-in-browser", "--IdentityProvider.token=", f"--ServerApp.root_dir={course}",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=course, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        addresses = (re.search(r"(http://127\.0\.0\.1:\d+)", line) for line in process.stderr)
        url = next(found[1] for found in addresses if found)
        threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()
        try:
            yield Lab(url, psutil.Process(process.pid))
        finally:
            below = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(30)
            _gone, left = psutil.wait_procs(below, timeout=20)
            assert left == []


@pytest.fixture
def page(browser):
    """A page that fails the test for every error in its console."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    outside = []
    page.on("request", lambda request: outside.append(request.url))
    yield page
    page.close()
    assert errors == []
    assert [url for url in outside if not re.match(r"(http|ws)://127\.0\.0\.1[:/]|data:|blob:", url)] == []


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where screenshots go."""
    folder = Path(os.environ.get("ENERGYKIT_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
