"""Parameter sets and folders: a verdict for each."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from energykit.cli import main
from energykit.errors import UsageError
from energykit.notebooks import run
from energykit.notebooks.source.parameter_file import read_sets
from tests.notebooks.small import write

PARAMETERS = ("count = 3", "parameters", {"tags": ["parameters"]})


def test_a_folder_and_named_sets_give_a_verdict_each(tmp_path, capsys):
    for name in ("b", "a"):
        write(tmp_path / "notebooks" / f"{name}.ipynb", PARAMETERS, "assert count < 10")
    sets = tmp_path / "sets.json"
    sets.write_text(
        json.dumps({"sets": {"small": {"count": 1}, "large": {"count": 300}}}), encoding="utf-8"
    )
    folder, out, junit = tmp_path / "notebooks", tmp_path / "out", tmp_path / "deep" / "j.xml"
    code = main(
        [
            "notebooks",
            "run",
            str(folder),
            "--parameters",
            str(sets),
            "--out",
            str(out),
            "--json",
            "-j",
            "2",
            "--junit",
            str(junit),
        ]
    )
    told = capsys.readouterr()
    plain = json.loads(told.out)
    assert (code, plain["exit_code"], plain["ok"]) == (1, 1, False)
    found = [(Path(one["path"]).name, one["set_name"], one["status"]) for one in plain["notebooks"]]
    assert found == [
        ("a.ipynb", "small", "passed"),
        ("a.ipynb", "large", "failed"),
        ("b.ipynb", "small", "passed"),
        ("b.ipynb", "large", "failed"),
    ]
    assert plain["notebooks"][1]["command"].endswith("a.ipynb --set large -p count 300")
    assert len(told.err.splitlines()) == 4
    assert [case.get("name") for case in ET.parse(junit).getroot().iter("testcase")][
        1
    ] == "a[large]"


def test_one_set_is_chosen_by_its_name(tmp_path, capsys):
    path = write(tmp_path / "notebooks" / "a.ipynb", PARAMETERS, "assert count == 1")
    sets = tmp_path / "sets.yaml"
    sets.write_text("sets:\n  small: {count: 1}\n  large: {count: 300}\n", encoding="utf-8")
    call = [
        "notebooks",
        "run",
        str(path),
        "--parameters",
        str(sets),
        "--out",
        str(tmp_path / "out"),
        "--set",
    ]
    assert main([*call, "small"]) == 0
    assert f"{path} [small]" in capsys.readouterr().out
    assert main([*call, "smal"]) == 2
    assert "did you mean 'small'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "plain",
    [{"sets": {}}, {"sets": {"a": 1}}, {"sets": {"../a": {}}}, {"sets": {"a": {}}, "count": 3}],
)
def test_what_is_no_sets_is_refused(tmp_path, plain):
    file = tmp_path / "sets.json"
    file.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(UsageError):
        read_sets(file)


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(UsageError, match="the folder holds no notebooks"):
        run([tmp_path])
