"""Notebooks as others write them get the right verdict: forked, fresh, and as a pytest item."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from energykit.notebooks import Options, run
from tests.notebooks.command import run_module
from tests.notebooks.foreign import NOTEBOOKS, change, write


def odd_files(folder: Path) -> dict[str, str]:
    """Write files that lack something, and return the status of each."""
    change(write(folder / "no_outputs.ipynb", ("1", {})), lambda nb: nb["cells"][0].pop("outputs"))
    change(write(folder / "no_metadata.ipynb", ("1", {})), lambda nb: nb.update(metadata=None))
    change(
        write(folder / "null_kernel.ipynb", ("1", {})),
        lambda nb: nb["metadata"].update(kernelspec=None),
    )
    change(
        write(folder / "null_tags.ipynb", ("1", {})),
        lambda nb: nb["cells"][0]["metadata"].update(tags=None),
    )
    change(
        write(folder / "unknown_kernel.ipynb", ("1", {})),
        lambda nb: nb["metadata"]["kernelspec"].update(name="conda-env-elsewhere-py"),
    )
    change(
        write(folder / "in_r.ipynb", ("x <- 1", {})),
        lambda nb: nb["metadata"].update(kernelspec={"name": "ir", "display_name": "R"}),
    )
    (folder / "not_json.ipynb").write_text("{", encoding="utf-8")
    (folder / "empty.ipynb").write_text("", encoding="utf-8")
    (folder / "a_list.ipynb").write_text("[]", encoding="utf-8")
    refused = {"in_r", "not_json", "empty", "a_list"}
    return {path.stem: "refused" if path.stem in refused else "passed" for path in folder.iterdir()}


def expected(folder: Path) -> dict[str, str]:
    for name, (cells, _, _, *metadata) in NOTEBOOKS.items():
        write(folder / f"{name}.ipynb", *cells, metadata=metadata[0] if metadata else None)
    return {name: status for name, (_, status, *_) in NOTEBOOKS.items()}


WAYS = [
    pytest.param(is_fresh, id=way, marks=pytest.mark.xdist_group(f"foreign notebooks, {way}"))
    for way, is_fresh in (("forked", False), ("fresh", True))
]


@pytest.fixture(scope="module", params=WAYS)
def verdicts(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / "notebooks"
    folder.mkdir()
    odd = odd_files(folder)
    statuses = expected(folder) | odd
    out = folder.parent / "out"
    report = run([folder], Options(out=out, fresh=request.param, jobs=2, notebook_s=120))
    found = {Path(one.path).stem: one for one in report.notebooks}
    assert found.keys() == statuses.keys()
    return found, statuses


def test_each_notebook_has_its_verdict(verdicts):
    found, statuses = verdicts
    wrong = {
        name: f"{one.status}: {one.reason}"
        for name, one in found.items()
        if one.status != statuses[name]
    }
    assert wrong == {}


def test_the_reasons_say_what_happened(verdicts):
    found, _ = verdicts
    for name, (_, _, why, *_) in NOTEBOOKS.items():
        assert why in found[name].reason, name
    assert found["not_json"].reason.startswith("is not JSON: ")
    assert "no kernel for it is installed" in found["in_r"].reason
    assert found["unknown_kernel"].notes == (
        "no kernel 'conda-env-elsewhere-py' is installed: runs with this Python's",
    )


def test_what_a_switch_allows_is_said(verdicts):
    found, _ = verdicts
    assert found["exit_allowed"].notes == ("cell 1: allowed: the cell called sys.exit(0)",)
    assert [cell.status for cell in found["exit_allowed"].cells] == ["passed", "not-run"]
    assert found["command_allowed"].notes == ("cell 1: allowed: !exit 3 ended with exit code 3",)
    assert found["magic_allowed"].notes == (
        "cell 1: allowed: %cd nosuch: [Errno 2] No such file or directory: 'nosuch'",
    )
    assert found["magic_may_fail"].notes == (
        "cell 1: expected: %load_ext json: The json module is not an IPython extension.",
    )
    assert found["allow_errors"].notes[0].startswith("cell 1: allowed by execution.allow_errors: ")
    assert found["port_allowed"].notes[0].startswith("allowed: the kernel left 127.0.0.1:")
    assert found["widget_error"].notes == (
        "cell 1: an Output widget shows RuntimeError: shown in a widget",
    )
    assert found["figure_allowed"].notes[0].startswith("allowed: a figure was made in cell cell-1")


def test_a_flood_of_small_outputs_arrives_whole(verdicts):
    found, _ = verdicts
    copy = Path(found["flood"].folder, "flood.ipynb")
    (cell,) = nbformat.read(copy, as_version=4).cells
    assert "".join(output["text"] for output in cell.outputs) == "." * 6000 + "end\n"


def test_an_item_of_pytest_has_the_same_verdict(tmp_path):
    """The third way: the plugin, in a project of somebody else."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    odd = odd_files(folder)
    statuses = expected(folder) | odd
    command = ["pytest", "--energykit-notebooks", "-rA", "-q", str(folder)]
    command += ["-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = run_module(*command, cwd=tmp_path, timeout=300)
    passed = set(re.findall(r"^PASSED \S*?(\w+)\.ipynb::", done.stdout, re.MULTILINE))
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S*?(\w+)\.ipynb", done.stdout, re.MULTILINE))
    assert passed == {name for name, status in statuses.items() if status == "passed"}, done.stdout
    assert failed == statuses.keys() - passed


def test_every_report_is_whole_whatever_the_files_hold(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    statuses = odd_files(folder)
    junit, page = tmp_path / "j.xml", tmp_path / "p.html"
    missing = str(tmp_path / "missing.ipynb")
    command = ["energykit", "notebooks", "run", str(folder), missing]
    command += [
        "--json",
        "--junit",
        str(junit),
        "--html",
        str(page),
        "--out",
        str(tmp_path / "out"),
    ]
    done = run_module(*command, cwd=tmp_path, timeout=120)
    assert done.returncode == 2, done.stderr
    notebooks = json.loads(done.stdout)["notebooks"]
    found = {Path(one["path"]).stem: one["status"] for one in notebooks}
    assert found == statuses | {"missing": "refused"}
    assert junit.read_text(encoding="utf-8").count("<testcase ") == len(found)
    assert all(name in page.read_text(encoding="utf-8") for name in found)
