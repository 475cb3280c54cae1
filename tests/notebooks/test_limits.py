"""What a notebook may print and take, and where its sockets have no room."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from energykit.notebooks import Options, run
from energykit.notebooks.kernel.output_limits import KEPT

MB = 1_000_000


def written(path, *sources):
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def test_of_much_output_the_beginning_is_kept(tmp_path):
    path = written(
        tmp_path / "much.ipynb", "for _ in range(3000):\n    print('x' * 999)", "print('the end')"
    )
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert verdict.status == "passed"
    first, second = nbformat.read(Path(verdict.folder) / path.name, as_version=4).cells
    text = "".join(output.text for output in first.outputs)
    assert text.startswith("x" * 999)
    assert "what is printed beyond 1,000,000 characters is not kept" in text
    assert KEPT <= len(text) <= KEPT + 200
    assert second.outputs[0].text == "the end\n"


@pytest.mark.skipif(
    sys.platform != "linux", reason="the memory of a process tree is read from /proc"
)
def test_the_peak_of_memory_counts_what_the_notebook_took(tmp_path):
    paths = [
        written(tmp_path / "small.ipynb", "taken = b''"),
        written(
            tmp_path / "large.ipynb",
            f"taken = bytearray({300 * MB})\ntaken[::4096] = b'x' * len(taken[::4096])",
            "import time\ntime.sleep(0.5)",
        ),
    ]
    report = run(paths, Options(out=tmp_path / "out"))
    peak = {Path(one.path).stem: one.peak_mb for one in report.notebooks}
    assert 20 < peak["small"] < 1000
    assert 280 < peak["large"] - peak["small"] < 400


@pytest.mark.skipif(sys.platform == "win32", reason="kernels are reached over TCP there anyway")
def test_where_a_socket_path_would_be_too_long_the_kernel_is_reached_over_loopback(tmp_path):
    path = written(
        tmp_path / "one.ipynb", "print(6 * 7)", "import os, json\nprint(os.environ['TMPDIR'])"
    )
    long = tmp_path / "-".join(["a-temporary-folder-with-a-long-name"] * 4)
    long.mkdir()
    command = [
        sys.executable,
        "-m",
        "energykit",
        "notebooks",
        "run",
        str(path),
        "--json",
        "--out",
        str(tmp_path / "o"),
    ]
    environment = os.environ | {"TMPDIR": str(long)}
    done = subprocess.run(
        command,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (verdict,) = json.loads(done.stdout)["notebooks"]
    assert verdict["status"] == "passed"
    assert list(long.iterdir()) == []
