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

STAGE = Addition(
    parts=(
        Part(
            file="services/tariff/__init__.py",
            text='"""What the energy costs."""\n',
        ),
        Part(
            file="services/tariff/__main__.py",
            text='"""``python -m services.tariff``: the energy and its price."""\n\n'
            "from __future__ import annotations\n\nimport sys\n\nimport polars as pl\n\n"
            "from energykit.serving import main, stage\n\n\n"
            '@stage("tariff")\n'
            "def tariff(readings: pl.LazyFrame, *, price_per_kwh: float = 0.3) -> pl.LazyFrame:\n"
            '    """Add a price to each reading."""\n'
            "    return readings.with_columns(price=pl.lit(price_per_kwh))\n\n\n"
            'if __name__ == "__main__":\n    sys.exit(main(tariff))\n',
        ),
        Part(
            file="pyproject.toml",
            after='report-generator = "services.report_generator"',
            text='tariff = "services.tariff"',
        ),
        Part(
            file="config/tariff-pipeline.json",
            text=json.dumps({
                "workflow_name": "tariff", "start_node": "tariff", "execution_mode": "sequential",
                "service_registry": {"tariff": "127.0.0.1:50099"},
                "containers": {"tariff": {
                    "id": "tariff", "input_file": "/data/household/readings.csv",
                    "output_file": "/data/out/tariff.csv", "next_node": None,
                    "timeout_seconds": 60}},
            }),
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
        "tests/project/test_containers.py",
        "tests/project/test_kubernetes.py",
    ),
    commands=(
        Command(arguments=("tools/kubernetes.py",), makes="deploy/kubernetes/tariff.yaml"),
        STAGE_SCHEMAS,
    ),
    proof="""
import pathlib
from energykit.cli import main
head = "timestamp,household_id,power_consumption,voltage,current\\n"
row = "2025-01-01T00:00:00Z,a,1,230,1\\n"
pathlib.Path("data/household/readings.csv").write_text(head + row)
command = ["run", "config/tariff-pipeline.json", "--local", "--module", "tariff=services.tariff"]
assert main(command) == 0
assert "price" in pathlib.Path("data/out/tariff.csv").read_text()
plan = pathlib.Path("config/tariff-pipeline.json")
wrong = plan.read_text().replace('"id": "tariff"', '"id": "tariff", "parameters": {"price": 1}')
plan.write_text(wrong)
assert main(["check", str(plan)]) == 2
""",
)  # fmt: skip
