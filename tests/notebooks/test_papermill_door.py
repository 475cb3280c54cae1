"""papermill with this engine has the same verdicts."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.foreign import NOTEBOOKS, write


def papermill(tmp_path: Path, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "b.ipynb")]
    command += ["--engine", "energykit", "--no-progress-bar", *options]
    return subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    "name", ["command_may_fail", "skipped_and_raises", "widget_error_expected", "exit_allowed"]
)
def test_papermill_itself_passes_what_passes(tmp_path, name):
    cells, _, _, *metadata = NOTEBOOKS[name]
    path = write(tmp_path / "nb" / "a.ipynb", *cells, metadata=metadata[0] if metadata else None)
    done = papermill(tmp_path, path)
    assert done.returncode == 0, done.stderr
    statuses = [
        cell.metadata.papermill.status for cell in nbformat.read(tmp_path / "b.ipynb", 4).cells
    ]
    assert "failed" not in statuses


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()",
            "ZeroDivisionError",
        ),
        ("!exit 3", "!exit 3 ended with exit code 3"),
        ("import socket\ns = socket.create_server(('127.0.0.1', 0))", "leaked: the kernel left"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_papermill_itself_fails_what_fails(tmp_path, source, why):
    path = write(tmp_path / "nb" / "a.ipynb", ("print('first')", {}), (source, {}), ("1", {}))
    done = papermill(tmp_path, path)
    assert done.returncode == 1
    assert why in done.stderr


def test_papermill_itself_blames_a_command_for_the_file_that_it_wrote_beside(tmp_path):
    new = tmp_path / "nb" / "new.txt"
    path = write(tmp_path / "nb" / "a.ipynb", (f"!touch {new}", {}), ("1", {}))
    done = papermill(tmp_path, path)
    assert (done.returncode, new.exists()) == (1, True)
    assert f"leaked: wrote outside its folder: {new}" in done.stderr


def test_papermills_parameters_take_the_type_of_their_default(tmp_path):
    check = "assert limits == (3, 4), limits"
    cells = ("limits = (1, 2)", {"tags": ["parameters"]}), (check, {})
    done = papermill(tmp_path, write(tmp_path / "a.ipynb", *cells), "-y", "{limits: [3, 4]}")
    assert done.returncode == 0, done.stderr


def test_papermills_parameters_are_checked(tmp_path):
    path = write(tmp_path / "nb" / "a.ipynb", ("n = 1", {"tags": ["parameters"]}), ("n", {}))
    assert papermill(tmp_path, path, "-p", "n", "3").returncode == 0
    done = papermill(tmp_path, path, "-p", "m", "3")
    assert done.returncode == 1
    assert "the notebook has no parameter 'm'" in done.stderr
