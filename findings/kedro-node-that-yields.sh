#!/usr/bin/env bash
# A node of kedro may yield its readings in parts, and kedro saves each part: to a CSV or Parquet file, and in memory, over the
# one before. Three months of readings go in, the last comes out; the run is a success. Where the data set appends
# (mode "a"), all are there, with a header between them.
source "$(dirname "$0")/environment.sh"
packages kedro==1.7.0 kedro-datasets==9.6.0 pandas==3.1.1 pyarrow==26.0.1
cat >script.py <<'PYTHON'
import logging

logging.disable(logging.CRITICAL)
import pandas as pd
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner
from kedro_datasets.pandas import CSVDataset, ParquetDataset


def read_months():
    for month in (1, 2, 3):
        yield pd.DataFrame({"month": [month] * 2, "kwh": [10.0, 20.0]})


def total(readings):
    months = pd.to_numeric(readings["month"], errors="coerce").dropna().unique().astype(int).tolist()
    return f"months {months}, {pd.to_numeric(readings['kwh'], errors='coerce').sum():.0f} kWh in {len(readings)} rows"


for name, dataset in {
    "in memory": MemoryDataset(),
    "Parquet": ParquetDataset(filepath="months.parquet"),
    "CSV": CSVDataset(filepath="months.csv"),
    "CSV, mode a": CSVDataset(filepath="all.csv", fs_args={"open_args_save": {"mode": "a"}}),
}.items():
    steps = pipeline([node(read_months, None, "readings"), node(total, "readings", "total")])
    made = SequentialRunner().run(steps, DataCatalog({"readings": dataset}))
    print(f"{name:12} {made['total'].load()}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
in memory    months [3], 30 kWh in 2 rows
Parquet      months [3], 30 kWh in 2 rows
CSV          months [3], 30 kWh in 2 rows
CSV, mode a  months [1, 2, 3], 90 kWh in 8 rows
SEEN
