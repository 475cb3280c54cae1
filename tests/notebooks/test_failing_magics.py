"""Magics that fail by a printed line only fail their cell; what else they print fails nothing."""

import nbformat
import pytest

from energykit.notebooks import Options, run

FAILING = {
    "%cd nosuch": "[Errno 2] No such file or directory: 'nosuch'",
    "%cd -7": "The requested directory does not exist in history.",
    "%pushd nosuch": "[Errno 2] No such file or directory: 'nosuch'",
    "%load_ext json": "The json module is not an IPython extension.",
    "%save part.py 400-500": "400-500 is neither a string nor a macro.",
    "%macro part 400-500": "400-500 is neither a string nor a macro.",
    "%rerun -g absent_everywhere": "No lines in history match specification",
    "%store -r nosuch": "no stored variable or alias nosuch",
    "%config IPCompleter.greedy = 'abc'": "The 'greedy' trait of an IPCompleter instance",
    "%xmode nosuch": "Error changing user exception modes.",
    "%gui nosuch": "Invalid GUI request 'nosuch'",
    "%logstart -q nosuch/log": "Couldn't start log: [Errno 2]",
    "%xdel nosuch": "NameError: name 'nosuch' is not defined",
    "%reset -f nosuch": "Don't know how to reset",
    "%unalias nosuch": "nosuch is not an alias",
    "%pdb nosuch": "Incorrect argument.",
    "%pycat nosuch.py": "Error: no such file",
    "%pinfo nosuch": "Object `nosuch` not found.",
}
BY_EXIT_CODE = {
    "%pip nosuch": "-m pip nosuch ended with exit code 1",
    "%ls nosuch": "ended with exit code",
    "%sc x=exit 3": "!exit 3 ended with exit code 3",
}
BY_EXCEPTION = ["%run nosuch.py", "%load nosuch.py", "%%bash\nexit 3", "%env NOSUCH", "%nosuch"]
GOOD = [
    "%cd .",
    "%load_ext energykit\n%load_ext energykit",
    "%unload_ext json",
    "%logstop",
    "%who nosuch",
    "%matplotlib inline",
    "%xmode Plain",
    "%pinfo print",
    "%%bash --no-raise-error\nexit 3",
    "%%sh --bg\nexit 3",
    "%%bash\necho 'Object `x` not found.'",
    "print('Object `x` not found.')",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    %cd .",
    "import warnings\nwarnings.warn('the json module is not an IPython extension')",
]


def write(path, *sources, metadata=None):
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel} | (metadata or {}))
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module", params=[False, True], ids=["forked", "fresh"])
def notes(request, tmp_path_factory):
    """What the verdict of a notebook of failing magics notes, by cell."""
    folder = tmp_path_factory.mktemp("magics")
    sources = [*FAILING, *BY_EXIT_CODE, *BY_EXCEPTION, *GOOD]
    metadata = {
        "energykit": {"allow": ["command", "magic", "files"]},
        "execution": {"allow_errors": True},
    }
    path = write(folder / "nb" / "magics.ipynb", *sources, metadata=metadata)
    (verdict,) = run([path], Options(out=folder / "out", fresh=request.param)).notebooks
    assert verdict.status == "passed", verdict.reason
    cells = [note.partition(": ") for note in verdict.notes]
    return {source: [text for cell, _, text in cells if cell == f"cell {number}"]
            for number, source in enumerate(sources, 1)}  # fmt: skip


def test_what_only_says_that_it_failed_is_noted_with_its_cell(notes):
    for source, said in FAILING.items():
        (note,) = notes[source]
        assert note.startswith("allowed: %"), note
        assert said in note, note


def test_a_magic_that_runs_a_command_fails_by_its_exit_code(notes):
    for source, said in BY_EXIT_CODE.items():
        (note,) = notes[source]
        assert note.startswith("allowed: !"), note
        assert said in note, note


def test_a_magic_that_raises_fails_by_its_exception(notes):
    for source in BY_EXCEPTION:
        (note,) = notes[source]
        assert note.startswith("allowed by execution.allow_errors: "), note


def test_what_does_as_it_is_asked_or_prints_alike_is_not_noted(notes):
    assert {source: notes[source] for source in GOOD if notes[source]} == {}


def test_a_failed_magic_is_named_with_its_line_and_ends_the_notebook(tmp_path):
    path = write(tmp_path / "nb" / "a.ipynb", "x = 1\n\n%cd nosuch\ny = 2", "z = 3")
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert (verdict.status, verdict.culprit.line) == ("failed", 3)
    assert verdict.culprit.source == "%cd nosuch"
    assert [cell.status for cell in verdict.cells] == ["failed", "not-run"]


def test_a_program_that_is_not_there_fails_its_script(tmp_path):
    path = write(tmp_path / "nb" / "a.ipynb", "%%script absent-program\n1")
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert verdict.culprit.why == "%%script absent-program: Couldn't find program: 'absent-program'"
