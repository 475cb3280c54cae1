"""Small reports, and the lines of their summary."""

from datetime import datetime, timedelta

import polars as pl

from services.report_generator.summary import Summary

START = datetime(2025, 1, 1)


def analysis(powers, *, step_s=60, household="HH-0", start=START, suffix="Z"):
    """Readings at even steps; None for a reading that is missing."""
    rows = [
        (
            (start + timedelta(seconds=n * step_s)).isoformat() + suffix,
            household,
            float(power),
            0.5,
            False,
            "",
        )
        for n, power in enumerate(powers)
        if power is not None
    ]
    columns = ["timestamp", "household_id", "power", "efficiency", "anomaly_detected", "reasons"]
    schema = dict(
        zip(
            columns,
            [pl.String, pl.String, pl.Float64, pl.Float64, pl.Boolean, pl.String],
            strict=True,
        )
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def summed(*batches, time_zone=None, **options):
    summary = Summary(list(batches), time_zone=time_zone)
    assert sum(batch.height for batch in summary.watched()) == sum(b.height for b in batches)
    return {metric: (value, unit) for metric, value, unit in summary.lines(**options).iter_rows()}


def value(lines, metric):
    return float(lines[metric][0])
