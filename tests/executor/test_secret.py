"""Secrets in parameters: named by reference, sent in the clear to the service alone."""

from __future__ import annotations

import io
import json
import logging
import traceback
from base64 import b64encode
from urllib.parse import quote

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.errors import EnergykitError, UsageError
from energykit.executor import Progress, run
from energykit.experiments.difference import diff
from energykit.printable import OneLineFormatter
from energykit.serving import Output, serve, stage

TOKEN = "s3cr3t-of-a-meter"
PARAMETERS = {"token": {"$env": "METER_TOKEN"}, "nested": [{"key": {"$file": "key.txt"}}]}


@pytest.fixture
def secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("METER_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.txt").write_text("k3y-in-a-file\n")


@pytest.mark.usefixtures("secrets")
def test_the_service_gets_the_secret_and_nothing_else_does(port, chain, tmp_path):
    port.answering.progress = [pb.Progress(phase=f"asking with {TOKEN}", done=1)]
    metrics = pb.StageMetrics(skipped=[pb.SkippedRows(reason=f"no {TOKEN}", rows=1)])
    port.answering.usual = pb.ExecuteResponse(
        success=True, message=f"used {TOKEN} and k3y-in-a-file", metrics=metrics
    )
    seen = []
    result = run(
        chain(port.address, parameters=PARAMETERS), data_root=tmp_path / "d", on_event=seen.append
    )
    sent = pb.ExecuteRequest.FromString(port.answering.requests[0])
    assert sent.parameters["token"] == TOKEN
    assert sent.parameters["nested"][0]["key"] == "k3y-in-a-file"
    assert result["stage-1"].message == "used *** and ***"
    assert [event.phase for event in seen if isinstance(event, Progress)] == ["asking with ***"]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "d").rglob("*") if path.is_file())
    for text in (kept.decode(), repr(result), result["stage-1"]._repr_html_(), repr(seen)):
        assert TOKEN not in text
        assert "k3y-in-a-file" not in text
    assert TOKEN.encode() not in result["stage-1"].request_bytes + result["stage-1"].response_bytes
    assert result["stage-1"].parameters == PARAMETERS


@pytest.mark.usefixtures("secrets")
def test_a_status_that_repeats_the_secret_is_masked(port, chain, tmp_path):
    port.answering.usual = (pb_status(), f"bad token {TOKEN}")
    stage = run(chain(port.address, parameters=PARAMETERS), data_root=tmp_path / "d")["stage-1"]
    assert "bad token ***" in stage.error.message
    assert "bad token ***" in stage.attempts[0].message


FORMS = [
    'pa"ss\\word',
    "multi\nline of a secret\nends",
    "a b&c=d/é",
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END KEY-----",
]


@pytest.mark.parametrize("value", FORMS)
@pytest.mark.parametrize(
    "write",
    [
        str,
        repr,
        json.dumps,
        lambda value: quote(value, safe=""),
        lambda value: b64encode(value.encode()).decode(),
        lambda value: max(value.splitlines(), key=len),
    ],
    ids=["text", "repr", "json", "address", "base64", "line"],
)
def test_a_secret_is_masked_as_it_is_written(port, chain, tmp_path, monkeypatch, value, write):
    monkeypatch.setenv("METER_TOKEN", value)
    written = write(value)
    port.answering.usual = pb.ExecuteResponse(success=True, message=f"got <{written}>")
    parameters = {"token": {"$env": "METER_TOKEN"}}
    result = run(chain(port.address, parameters=parameters), data_root=tmp_path)
    assert "***" in result["stage-1"].message
    longest = max(written.strip("'\"").splitlines(), key=len)
    assert longest not in result["stage-1"].message


@stage("asks")
def asks(*, token: str, number: int = 1, fails: bool = False) -> Output:
    logging.getLogger("asks").warning("asking with %s", token)
    if fails:
        raise ValueError(f"{token} was refused")
    return Output(b"x", message=f"asked with {token}")


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    "more", [{}, {"fails": True}, {"number": {"$env": "METER_TOKEN"}}], ids=["ok", "raises", "type"]
)
def test_nothing_of_it_is_in_the_log_or_the_answer_of_a_service(chain, tmp_path, more):
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(OneLineFormatter("%(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        with serve(asks, data_root=tmp_path / "d", block=False) as server:
            parameters = {"token": {"$env": "METER_TOKEN"}, **more}
            config = chain(server.address, parameters=parameters, timeout_s=60)
            result = run(config, data_root=tmp_path / "d")
    finally:
        logging.getLogger().removeHandler(handler)
    assert "***" in said.getvalue(), repr(result)
    assert "***" in str(result["stage-1"].error or result["stage-1"].message)
    assert TOKEN not in said.getvalue()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "d").rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    if not result.ok:
        with pytest.raises(EnergykitError) as caught:
            result.raise_for_failure()
        assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_long_secret_of_a_wrong_type_is_masked_before_it_is_cut(chain, tmp_path, monkeypatch):
    monkeypatch.setenv("METER_TOKEN", "0123456789" * 20)
    with serve(asks, data_root=tmp_path, block=False) as server:
        parameters = {"token": "x", "number": {"$env": "METER_TOKEN"}}
        result = run(chain(server.address, parameters=parameters, timeout_s=60), data_root=tmp_path)
    assert "'***' is not a whole number" in result["stage-1"].error.message


def test_a_secret_that_is_no_text_is_refused_without_its_bytes(port, chain, tmp_path, monkeypatch):
    monkeypatch.setenv("METER_TOKEN", "s3cr3t-\udcff")
    config = chain(port.address, parameters={"token": {"$env": "METER_TOKEN"}})
    with pytest.raises(UsageError, match="is not text in UTF-8") as caught:
        run(config, data_root=tmp_path)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value)).replace("test_s", "")
    assert port.answering.requests == []


def test_two_runs_are_compared_without_it(port, chain, tmp_path, monkeypatch):
    runs = []
    for value in ("first-s3cr3t", "second-s3cr3t"):
        monkeypatch.setenv("METER_TOKEN", value)
        port.answering.usual = pb.ExecuteResponse(success=True, message=f"used {value}")
        parameters = {"token": {"$env": "METER_TOKEN"}}
        runs.append(run(chain(port.address, parameters=parameters), data_root=tmp_path))
    found = diff(*runs)
    for text in (repr(found), found._repr_html_(), str(found.to_frame())):
        assert "s3cr3t" not in text


def pb_status():
    import grpc

    return grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"$env": "NOT_SET_ANYWHERE"}, "environment variable 'NOT_SET_ANYWHERE' is not set"),
        ({"$file": "missing.txt"}, "missing.txt' cannot be read"),
        ({"$env": 7}, "'$env' needs a name, not 7"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_before_anything_is_called(
    port, chain, tmp_path, reference, said
):
    with pytest.raises(UsageError, match=r"stage-1\.token") as caught:
        run(chain(port.address, parameters={"token": reference}), data_root=tmp_path)
    assert said in caught.value.what
    assert port.answering.requests == []
