"""The record of a run: read as it was written, by earlier versions too, or refused by name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from energykit.errors import (
    ArtifactError,
)
from energykit.results import (
    load_run,
    save_run,
)
from tests.results.samples import ATTEMPT, METRICS, a_run, failed, skipped, stage


def test_a_record_is_read_as_it_was_written(tmp_path):
    run = a_run(stage("energy-generator"), failed(), skipped())
    assert save_run(run, tmp_path / "runs" / "x") == tmp_path / "runs" / "x" / "run.json"
    for path in (tmp_path / "runs" / "x", str(tmp_path / "runs" / "x" / "run.json")):
        assert load_run(path) == replace(run, folder=tmp_path / "runs" / "x")
    assert [one.name for one in (tmp_path / "runs" / "x").iterdir()] == ["run.json"]


def test_the_file_says_its_format_and_only_gains_fields(tmp_path):
    save_run(a_run(stage()), tmp_path)
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (record["format"], record["ok"], record["exit_code"]) == (1, True, 0)
    record["of_the_future"] = record["stages"][0]["of_the_future"] = {"x": 1}
    for name in ("input_sha256", "message", "metrics"):
        del record["stages"][0][name]  # as an older file may lack them
    del record["is_finished"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert load_run(tmp_path).stages == (stage(metrics=None),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a record of a run"),
        ("[]", "not a record of a run"),
        ("{}", "its format is None"),
        ('{"format": 2}', "its format is 2, this energykit reads 1"),
        ('{"format": 1}', "'stages'"),
        ('{"format": 1, "stages": []}', "'run_id'"),
        ('{"format": 1, "stages": [{"id": 3}]}', "not a record of a run"),
    ],
)
def test_a_file_that_is_no_record_is_named(tmp_path, text, said):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ArtifactError, match=said) as caught:
        load_run(tmp_path)
    assert caught.value.where == str(tmp_path / "run.json")


WRONG = ["x", 5, -1, 10**400, float("nan"), float("inf"), None, True, [], {}, [1], {"a": [1]}]


def places(node, *above):
    """Where each value of a JSON document is."""
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries:
        yield (*above, key)
        if isinstance(value, (dict, list)):
            yield from places(value, *above, key)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: repr(value)[:8])
def test_a_value_of_another_kind_is_shown_or_the_record_is_refused(tmp_path, wrong):
    """In whichever field: never an error of Python's, when it is read or when it is shown."""
    save_run(a_run(stage(metrics=METRICS, attempts=(ATTEMPT,), notes=("n",)), failed()), tmp_path)
    record = (tmp_path / "run.json").read_text(encoding="utf-8")
    refused = []
    for place in places(json.loads(record)):
        changed = node = json.loads(record)
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = wrong
        (tmp_path / "run.json").write_text(json.dumps(changed), encoding="utf-8")
        try:
            run = load_run(tmp_path)
        except ArtifactError:
            refused.append(place)
            continue
        assert repr(run)
        assert run._repr_html_()
        run.attempts_frame()
    assert ("stages", 0, "status") in refused


def test_a_missing_record_is_named(tmp_path):
    with pytest.raises(ArtifactError, match="cannot read the record: No such file") as caught:
        load_run(tmp_path / "run.json")
    assert caught.value.code == "NOT_FOUND"
