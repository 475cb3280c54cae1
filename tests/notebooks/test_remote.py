"""Notebooks in a bucket of S3, by both commands; `localbucket` stands for S3, on loopback.

papermill reads and writes `s3://` with boto3, whose botocore wants an older python-dateutil than
constraints.txt has. So boto3 lies in a folder of its own, which only these commands look into; the
first run installs it from the package index, later runs find it in pytest's cache.
"""

import subprocess
import sys

import nbformat
import pytest

from tests.notebooks.command import run_module

pytestmark = pytest.mark.slow
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture(scope="module")
def boto3_folder(request):
    """A folder with boto3 and what it needs."""
    folder = request.config.cache.mkdir(f"boto3-{sys.version_info.minor}")
    if not (folder / "boto3").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-conflicts"]
        command += ["--disable-pip-version-check", "--target", folder, "boto3>=1.40"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"boto3 cannot be installed: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture
def call(bucket, boto3_folder, tmp_path):
    """Return what calls a module of Python that finds the bucket."""

    def called(*words):
        return run_module(*words, cwd=tmp_path, timeout=120, PYTHONPATH=str(boto3_folder))

    return called


def put(path, source):
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    parameters = nbformat.v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]})
    notebook.cells = [parameters, nbformat.v4.new_code_cell(source)]
    nbformat.write(notebook, path)


PAPERMILL = ["papermill", "s3://lab/a.ipynb", "s3://lab/done.ipynb"]
PAPERMILL += ["--engine", "energykit", "-p", "n", "7"]
OURS = ["energykit", "notebooks", "run", "s3://lab/a.ipynb"]
OURS += ["-o", "s3://lab/done.ipynb", "-p", "n", "7"]


@pytest.mark.parametrize("words", [PAPERMILL, OURS], ids=["papermill", "energykit"])
def test_a_notebook_is_read_from_a_bucket_and_saved_there(bucket, call, words):
    put(bucket.folder / "a.ipynb", "print('n is', n)")
    done = call(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, last = nbformat.read(bucket.folder / "done.ipynb", as_version=4).cells
    assert last.outputs[0]["text"] == "n is 7\n"


@pytest.mark.parametrize("words", [PAPERMILL, OURS], ids=["papermill", "energykit"])
def test_a_notebook_that_fails_is_saved_there_too(bucket, call, words):
    put(bucket.folder / "a.ipynb", "print('n is', n)\nn / 0")
    done = call(*words)
    assert done.returncode == 1, done.stdout + done.stderr
    *_, last = nbformat.read(bucket.folder / "done.ipynb", as_version=4).cells
    assert [output.output_type for output in last.outputs] == ["stream", "error"]


def test_a_notebook_that_is_not_in_the_bucket_is_refused_and_the_others_run(bucket, call):
    put(bucket.folder / "a.ipynb", "print('n is', n)")
    done = call("energykit", "notebooks", "run", "s3://lab/b.ipynb", "s3://lab/a.ipynb")
    assert done.returncode == 2, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert "refused: s3://lab/b.ipynb" in said
    assert "passed: s3://lab/a.ipynb" in said
