"""An error in a service's log, or rows lost between stages, fail the cell that ran."""

from pathlib import Path

import pytest

from energykit.notebooks import Options, run
from energykit.notebooks.report.junit import write_junit
from energykit.notebooks.report.page import write_page
from tests.notebooks.report_page import Page
from tests.notebooks.small import write

SERVICES = '''
import pathlib
pathlib.Path("sender.py").write_text("""
import pandas as pd
from energykit.serving import main, stage

@stage("sender")
def send(*, broken: bool = False) -> pd.DataFrame:
    columns = {"household_id": "h1", "power_consumption": 1.0, "voltage": 230.0, "current": 1.0}
    if broken:
        raise RuntimeError("a fault of the service")
    return pd.DataFrame([{"timestamp": f"2026-01-01T00:00:{n:02d}Z", **columns} for n in range(5)])

if __name__ == "__main__":
    raise SystemExit(main(send))
""")
pathlib.Path("taker.py").write_text("""
from pathlib import Path
from energykit.serving import Output, main, stage

@stage("taker")
def take(readings: Path, *, loses: int = 0) -> Output:
    return Output("taken", rows_in=5 - loses)

if __name__ == "__main__":
    raise SystemExit(main(take))
""")
'''
PIPELINE = """
import json
import energykit as ek
from energykit.config import parse_config

def pipeline(sender, taker):
    ids = {
        "sender": ("", "/data/a.csv", sender, "taker"),
        "taker": ("/data/a.csv", "/data/b.txt", taker, ""),
    }
    containers = {
        name: {"id": name, "input_file": source, "output_file": target, "next_node": after,
               "timeout_seconds": 20, "parameters": given}
        for name, (source, target, given, after) in ids.items()
    }
    plan = {"workflow_name": "w", "start_node": "sender", "execution_mode": "sequential",
            "service_registry": dict.fromkeys(ids, "127.0.0.1:1"), "containers": containers}
    config = parse_config(json.dumps(plan), file="plan.json")
    modules = {name: name for name in ids}
    with ek.local_services(config, data_root="../data", modules=modules) as services:
        return ek.run(config, services)
"""


def test_an_error_of_a_service_fails_the_cell_that_ran(tmp_path):
    cells = (SERVICES, PIPELINE, ("pipeline({'broken': True}, {})", "provoke", {}), "'goes on'")
    path = write(tmp_path / "notebooks" / "log.ipynb", *cells)
    report = run([path], Options(out=tmp_path / "out"))
    (verdict,) = report.notebooks
    assert [cell.status for cell in verdict.cells] == ["passed", "passed", "failed", "passed"], (
        repr(report)
    )
    assert "data/logs/" in verdict.reason
    assert "ERROR" in verdict.reason
    logs = {Path(log.path).name: log for log in verdict.logs}
    assert {"sender.log", "taker.log", "orchestrator.log"} <= set(logs)
    assert "a fault of the service" in logs["sender.log"].text
    assert logs["sender.log"].errors
    page = Page(write_page(report, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "a fault of the service" in "".join(page.texts)
    assert "a fault of the service" in write_junit(report, tmp_path / "j.xml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("where", ["cell", "notebook"])
def test_an_error_that_is_provoked_is_said_to_be(tmp_path, where):
    expected = {"energykit": {"errors_expected": True}}
    provoke = ("pipeline({'broken': True}, {})", "provoke", expected if where == "cell" else {})
    own = expected if where == "notebook" else None
    path = write(
        tmp_path / "notebooks" / "log.ipynb", SERVICES, PIPELINE, provoke, "'goes on'", metadata=own
    )
    report = run([path], Options(out=tmp_path / "out"))
    assert report.ok, repr(report)
    assert any(log.errors for log in report.notebooks[0].logs)


def test_lost_rows_between_stages_fail_the_cell_that_ran(tmp_path):
    cells = (
        SERVICES,
        PIPELINE,
        "assert pipeline({}, {}).ok",
        ("pipeline({}, {'loses': 2})", "loses", {}),
    )
    path = write(tmp_path / "notebooks" / "rows.ipynb", *cells)
    report = run([path], Options(out=tmp_path / "out"))
    (verdict,) = report.notebooks
    assert [cell.status for cell in verdict.cells] == ["passed", "passed", "passed", "failed"], (
        repr(report)
    )
    assert verdict.reason.endswith("sender sent 5 rows, taker received 3")
