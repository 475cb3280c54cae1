"""Secrets in parameters: named by reference, sent in the clear to the service alone."""

from __future__ import annotations

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.errors import UsageError
from energykit.executor import Progress, run

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
