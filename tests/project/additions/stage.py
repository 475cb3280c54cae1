"""A stage that adds a price to each reading."""

import json

from tests.project.additions.addition import (
    GENERATED,
    LISTS,
    STAGE_SCHEMAS,
    Addition,
    Command,
    Part,
)

MAIN = '''"""``python -m services.tariff``: the energy and its price."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from energykit.serving import main, stage
from services.tariff.price import with_price

if TYPE_CHECKING:
    import polars as pl


@stage("tariff")
def tariff(readings: pl.LazyFrame, *, per_kwh: float = 0.3) -> pl.LazyFrame:
    """Add to each reading what an hour of it costs."""
    return with_price(readings, per_kwh)


if __name__ == "__main__":
    sys.exit(main(tariff))
'''
PRICE = '''"""What power costs."""

from __future__ import annotations

import math

import polars as pl

from energykit.errors import ParameterError

__all__ = ["with_price"]


def with_price(readings: pl.LazyFrame, per_kwh: float) -> pl.LazyFrame:
    """Add a column `price`, what an hour of a reading's power costs.

    Parameters
    ----------
    readings
        With `power_consumption` [W].
    per_kwh
        Price of a kilowatt-hour, from 0 [currency/kWh].

    Raises
    ------
    ParameterError
        The price is below 0, or not a number.
    """
    if not 0 <= per_kwh < math.inf:
        raise ParameterError.refuse("per_kwh", per_kwh, "a price from 0")
    return readings.with_columns(price=pl.col("power_consumption") / 1000 * per_kwh)
'''
CONFIGURATION = {
    "$schema": "./pipeline.schema.json",
    "workflow_name": "tariff",
    "start_node": "energy-generator",
    "execution_mode": "sequential",
    "service_registry": {
        "energy-generator": "127.0.0.1:50051",
        "tariff": "127.0.0.1:50099",
    },
    "containers": {
        "energy-generator": {
            "id": "energy-generator",
            "output_file": "/data/out/tariff/readings.csv",
            "next_node": "tariff",
            "timeout_seconds": 60,
            "parameters": {"scenario": "households", "households": 1, "days": 1},
        },
        "tariff": {
            "id": "tariff",
            "input_file": "/data/out/tariff/readings.csv",
            "output_file": "/data/out/tariff/prices.csv",
            "next_node": "",
            "timeout_seconds": 60,
            "parameters": {"per_kwh": 0.25},
        },
    },
}
STAGE = Addition(
    parts=(
        Part(
            file="services/tariff/__init__.py",
            text='"""What the energy costs."""\n',
        ),
        Part(
            file="services/tariff/__main__.py",
            text=MAIN,
        ),
        Part(
            file="services/tariff/price.py",
            text=PRICE,
            is_listed=False,  # the interpreter names it
        ),
        Part(
            file="pyproject.toml",
            after='report-generator = "services.report_generator"',
            text='tariff = "services.tariff"',
        ),
        Part(
            file="config/tariff-pipeline.json",
            text=json.dumps(CONFIGURATION, indent=2) + "\n",
        ),
        Part(
            file="docker-compose.yaml",
            after='"127.0.0.1:${ENERGYKIT_REPORT_PORTS:-50053}:50051"',
            text="\n  tariff:\n    <<: *service\n    image: energykit/tariff\n    build:\n"
            "      context: .\n      args:\n        <<: *pip\n        SERVICE: tariff\n"
            '    ports:\n      - "127.0.0.1:50099:50051"',
        ),
        Part(
            file="deploy/kubernetes/kustomization.yaml",
            after="  - report-generator.yaml",
            text="  - tariff.yaml",
        ),
    ),
    checks=(
        LISTS,
        GENERATED,
        "tests/project/test_kubernetes.py",
    ),
    commands=(
        Command(arguments=("tools/kubernetes.py",), makes="deploy/kubernetes/tariff.yaml"),
        STAGE_SCHEMAS,
    ),
    proof="""
import pathlib
import polars as pl
from energykit.cli import main
command = ["run", "config/tariff-pipeline.json", "--local", "--module", "tariff=services.tariff"]
assert main(command) == 0
rows = pl.read_csv("data/out/tariff/prices.csv")
assert ((rows["price"] - rows["power_consumption"] / 4000).abs() < 1e-6).all()
plan = pathlib.Path("config/tariff-pipeline.json")
plan.write_text(plan.read_text().replace('"per_kwh"', '"per_kw"'))
assert main(["check", str(plan)]) == 2
""",
)  # fmt: skip
