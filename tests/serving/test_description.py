"""What a service says of itself: parameters, versions, and which data root it has."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from typing import Any, Literal

import polars as pl
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.serving import StageContext, stage
from energykit.serving.description import data_root_id
from energykit.serving.parameter_schema import parameters_schema
from energykit.serving.version import stage_version

ASKS = """
import pathlib, sys
from energykit.serving.description import data_root_id
print(data_root_id(pathlib.Path(sys.argv[1])))
"""


@stage("shave")
def shave(
    readings: pl.LazyFrame,
    *,
    day: dt.date,
    limit_w: float = 3000.0,
    kind: Literal["soft", "hard"] = "soft",
    houses: list[str] | None = None,
    weights: dict[str, float] | None = None,
    anything: Any = None,
    context: StageContext,
) -> pl.LazyFrame:
    """Cut what is above a limit."""
    return readings


def test_a_service_says_what_it_is(client_of, data_root):
    answer = client_of(shave)._stub.Describe(pb.DescribeRequest(), timeout=10)
    assert (answer.stage, answer.stage_version) == ("shave", stage_version(shave))
    assert json.loads(answer.parameters_schema) == parameters_schema(shave.understood)
    assert {"python", "polars", "numpy", "grpcio", "protobuf"} <= set(answer.versions)
    assert answer.serves_artifacts
    assert answer.data_root_id == data_root_id(data_root)


def test_a_data_root_is_the_same_by_every_way_to_it_and_another_when_copied(tmp_path):
    root, link, copy = tmp_path / "root", tmp_path / "link", tmp_path / "copy"
    root.mkdir()
    own = data_root_id(root)
    link.symlink_to(root)
    shutil.copytree(root, copy)
    assert own == data_root_id(root) == data_root_id(link)
    assert data_root_id(copy) not in {own, ""}
    assert len(own) == 32


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other links, and no such pipes")
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_the_identity_of_a_data_root_is_read_from_no_link_and_no_pipe(tmp_path, kind):
    """Another account may have put it there: a device behind a link has no end."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "other").write_text("of something else")
    if kind == "link":
        (root / ".energykit-root").symlink_to(tmp_path / "other")
    else:
        os.mkfifo(root / ".energykit-root")
    asked = [sys.executable, "-c", ASKS, str(root)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "\n"


def test_a_data_root_that_cannot_be_written_has_no_identity(tmp_path):
    assert not data_root_id(tmp_path / "none")
