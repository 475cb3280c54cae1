import json
from pathlib import Path

import pytest

from energykit.config import parse_config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def small_plan():
    """The original's chain over one made-up household and half a day, as JSON text."""
    plan = json.loads((ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8"))
    nodes = plan["containers"]
    nodes["energy-generator"]["parameters"] = {
        "scenario": "households",
        "households": 1,
        "days": 0.5,
        "step_s": 900,
    }
    nodes["energy-analyzer"]["parameters"] = {"detectors": ["efficiency_below"]}
    nodes["report-generator"]["parameters"] = {"summary": True}
    return json.dumps(plan)


@pytest.fixture
def config(small_plan):
    return parse_config(small_plan)
