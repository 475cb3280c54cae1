"""One real run of three households, shared by the tests of widgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from energykit.config import load_config
from energykit.executor import run
from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.config import PipelineConfig
    from energykit.results import RunResult

SYNTHETIC = Path(__file__).parents[2] / "config" / "synthetic-pipeline.json"


@pytest.fixture(scope="session")
def config() -> PipelineConfig:
    """The synthetic pipeline."""
    return load_config(SYNTHETIC)


@pytest.fixture(scope="session")
def result(config: PipelineConfig, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A run of it against real services, which are stopped again."""
    root = tmp_path_factory.mktemp("data")
    with local_services(config, data_root=root) as services:
        return run(config, services).raise_for_failure()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail where a test leaves a process."""
    from energykit.checkup import survivors

    before = set(survivors().processes)
    yield
    assert set(survivors().processes) <= before
