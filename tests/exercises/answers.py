"""Answers to the exercises as text: the course's own and others, run and checked as in a lesson."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pandas as pd

import energykit as ek
from energykit import exercises
from energykit.course import lessons

if TYPE_CHECKING:
    from energykit.exercises import Verdict

VERSION_1 = """
syntax = "proto3";
message Reading {
  string household_id = 1;
  float power = 2;
  float voltage = 3;
}
"""
FIRST_TRY = {
    "scenario": "import",
    "columns": {
        "timestamp": ["Date", "Time"],
        "household_id": "Meter",
        "power_consumption": "P [kW]",
        "voltage": "U [V]",
        "current": "I [A]",
    },
    "units": {"power_consumption": "kW"},
    "separator": ";",
    "decimal": ",",
    "timestamp_format": "%d/%m/%Y %H:%M:%S",
}
"""As lesson 09 has it before its exercise."""
HARD_CODED = {
    "00-start-here": "def worst_day(report):\n    return '2007-04-28'",
    "01-what-is-in-a-reading": (
        "def power_factor(power, voltage, current):\n    return 0.5\n\n\n"
        "def energy_kwh(readings, at_most_min):\n    return 286.39433333333335"
    ),
    "02-the-contract": "version_2 = 'syntax = \"proto3\"; message Reading { float power = 1; }'",
    "03-the-generator": "home = kettle",
    "04-the-analyzer": "def diagnose(call):\n    return 'nobody there'",
    "05-the-report": (
        "def verify(record, root):\n    return {'/data/out/household/energy_report.csv'}"
    ),
    "06-orchestration": (
        "def order(graph):\n    return ['energy-generator', 'energy-analyzer', 'report-generator']"
    ),
    "07-when-things-break": (
        "def wait_before_retry(code, attempt, left_s, idempotent, work_began):\n    return 0.2"
    ),
    "08-can-you-trust-the-data": "def choose_limit(report, labels):\n    return 12_000",
    "09-your-data-your-stage": "adapter, hourly = {'scenario': 'original', 'rows': 600}, repair",
    "10-experiments-at-scale": (
        "def collect(run, points, executor, attempts):\n"
        "    return [{'point': point, 'value': point * point, 'error': None} for point in points]"
    ),
}
"""What a student writes who has seen one right answer and knows no more."""
CHECKS = {
    "00-start-here": lambda have, seed: exercises.check_worst_day(have["worst_day"], seed=seed),
    "01-what-is-in-a-reading": lambda have, seed: exercises.check_reading(
        have["power_factor"], have["energy_kwh"], seed=seed
    ),
    "02-the-contract": lambda have, seed: exercises.check_new_field(
        VERSION_1, have["version_2"], field="current", seed=seed
    ),
    "03-the-generator": lambda have, seed: exercises.check_home(have["home"], seed=seed),
    "04-the-analyzer": lambda have, seed: exercises.check_diagnose(have["diagnose"], seed=seed),
    "05-the-report": lambda have, seed: exercises.check_verify(have["verify"], seed=seed),
    "06-orchestration": lambda have, seed: exercises.check_order(have["order"], seed=seed),
    "07-when-things-break": lambda have, seed: exercises.check_retry(
        have["wait_before_retry"], seed=seed
    ),
    "08-can-you-trust-the-data": lambda have, seed: exercises.check_limit(
        have["choose_limit"], seed=seed
    ),
    "09-your-data-your-stage": lambda have, seed: exercises.check_own_stage(
        have["adapter"], have["hourly"], seed=seed
    ),
    "10-experiments-at-scale": lambda have, seed: exercises.check_collect(
        have["collect"], seed=seed
    ),
}
"""The check of each lesson, given what the answer cell defines."""


def good(name: str) -> str:
    """Return the course's own answer to the exercise of a lesson."""
    lesson = next(one for one in lessons() if one.name == name)
    cells = [
        cell for cell in lesson.cells() if cell["metadata"].get("nbgrader", {}).get("solution")
    ]
    (cell,) = (cell for cell in cells if not cell["metadata"]["nbgrader"]["grade"])
    return "".join(line for line in cell["source"] if not line.strip().startswith("### "))


def check(name: str, source: str, *, seed: int = 0) -> Verdict:
    """Run an answer as its cell would, and return what the lesson's check says of it."""
    known: dict[str, Any] = {
        "ek": ek,
        "first_try": FIRST_TRY,
        "grpc": grpc,
        "hashlib": hashlib,
        "np": np,
        "pd": pd,
        "version_1": VERSION_1,
    }
    exec(compile(source, f"answer of {name}", "exec"), known)
    return CHECKS[name](known, seed)
