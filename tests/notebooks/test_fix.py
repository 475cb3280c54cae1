"""What --fix changes in a stored notebook, and what the command lists."""

import json

from energykit.cli import main
from energykit.notebooks.rules.check import check
from energykit.notebooks.rules.fix import fix
from tests.notebooks.stored import STREAM, good, store


def spoilt() -> dict:
    raw = good()
    raw["cells"][0]["id"] = "e1c3a0b2"
    del raw["cells"][2]["id"]
    raw["cells"][4]["id"] = "links"
    raw["cells"][1] |= {"outputs": [STREAM], "execution_count": 1}
    raw["cells"][1]["metadata"]["execution"] = {"iopub.status.busy": "2026-01-01"}
    raw["metadata"] = {"kernelspec": {"name": "my-venv"}, "widgets": {"state": {}}, "title": "kept"}
    return raw | {"nbformat_minor": 2}


def test_fix_changes_what_is_mechanical_and_nothing_else(tmp_path):
    path = store(tmp_path, {}, text=json.dumps(spoilt()))
    assert {one.rule for one in check([path])} == {
        "counts",
        "form",
        "ids",
        "kernelspec",
        "nbformat",
        "outputs",
        "run-metadata",
    }
    assert fix(path)
    assert check([path]) == ()
    stored = json.loads(path.read_text(encoding="utf-8"))
    ids = [
        "01-a-title",
        "parameters",
        "put-three-into-answer",
        "answer",
        "links",
        "check",
        "key-points",
        "clean-up",
    ]
    assert [cell["id"] for cell in stored["cells"]] == [*ids, "next"]
    assert stored["metadata"]["title"] == "kept"
    sources = [["".join(cell["source"]) for cell in raw["cells"]] for raw in (stored, good())]
    assert sources[0] == sources[1]
    assert not fix(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["next.ipynb", "one.ipynb"]


def test_the_command_lists_what_it_found(tmp_path, capsys):
    path = store(tmp_path, spoilt())
    assert main(["notebooks", "check", str(path)]) == 1
    told = capsys.readouterr()
    assert (
        f"{path}:parameters (2): it holds outputs, run `energykit notebooks check --fix` [outputs]"
        in told.out
    )
    assert "1 notebook checked: " in told.err
    assert main(["notebooks", "check", "--json", str(path)]) == 1
    first = json.loads(capsys.readouterr().out)[0]
    assert first.keys() == {"path", "rule", "what", "hint", "cell_id", "number"}
    assert main(["notebooks", "check", "--fix", str(path)]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"fixed: {path}\n1 notebook checked: nothing found\n")


def test_the_command_refuses_an_unknown_rule(tmp_path, capsys):
    assert main(["notebooks", "check", "--ignore", "wrods", str(store(tmp_path, good()))]) == 2
    assert "did you mean 'words'?" in capsys.readouterr().err
