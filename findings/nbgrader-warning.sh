#!/usr/bin/env bash
# nbgrader takes every word on stderr in a check's cell for a failure: a right answer that warns, or logs, gets no point
# of four. A check whose last line is a value gives all four for a wrong answer: "False" is neither an error nor a number.
source "$(dirname "$0")/environment.sh"
packages nbgrader==0.9.6 ipykernel==7.4.0
cat >script.py <<'PYTHON'
import logging
import os
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

ANSWER = """import math, warnings

def energy_kwh(power_kw):
    ### BEGIN SOLUTION
    warnings.warn('taken for half-hours')
    return sum(power_kw) / 2
    ### END SOLUTION

def peak_kw(power_kw):
    return min(power_kw)"""
CHECKS = {
    "right, warns": "assert energy_kwh([1, 3]) == 2",
    "right, silent": "with warnings.catch_warnings(action='ignore'):\n    assert energy_kwh([1, 3]) == 2",
    "wrong, assert": "assert math.isclose(peak_kw([1, 3]), 3)",
    "wrong, a value": "math.isclose(peak_kw([1, 3]), 3)",
}


def cell(name, source, **kind):
    code = nbformat.v4.new_code_cell(source)
    flags = {"grade": False, "locked": False, "solution": False, "task": False, **kind}
    code.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, **flags}
    return code


checks = [cell(f"check-{number}", code, grade=True, locked=True, points=4) for number, code in enumerate(CHECKS.values())]
notebook = nbformat.v4.new_notebook(cells=[cell("answer", ANSWER, solution=True), *checks])
notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python", "language": "python"}
for folder in ("source/ps1", "submitted/learner/ps1"):
    Path(folder).mkdir(parents=True)
    nbformat.write(notebook, f"{folder}/energy.ipynb")
logging.disable(logging.CRITICAL)
course = NbGraderAPI(config=Config({"CourseDirectory": {"root": os.getcwd()}}))
course.generate_assignment("ps1")
graded = course.autograde("ps1", "learner")
print("autograde:", "success" if graded["success"] else graded["log"])
with course.gradebook as book:
    grades = book.find_submission_notebook("energy", "ps1", "learner").grades
    points = {grade.name: grade.auto_score for grade in grades}
for number, name in enumerate(CHECKS):
    print(f"{name:15} {points[f'check-{number}']:.0f} of 4")
PYTHON
seen env PATH="$folder/environment/bin:$PATH" "$python" script.py <<'SEEN'
autograde: success
right, warns    0 of 4
right, silent   4 of 4
wrong, assert   0 of 4
wrong, a value  4 of 4
SEEN
