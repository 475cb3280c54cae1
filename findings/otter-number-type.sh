#!/usr/bin/env bash
# otter assign keeps what the teacher's test cell shows as what a student's must show, letter by letter. Where the solution is
# numpy's, that is np.float64(0.75) and np.True_: the same answer as Python's own number gets 0 of 2 points, a list's mean too.
source "$(dirname "$0")/environment.sh"
packages otter-grader==7.0.0 ipykernel==7.4.0 numpy==2.4.6
cat >make.py <<'PYTHON'
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell

CELLS = [
    new_raw_cell("# ASSIGNMENT CONFIG\nexport_cell: false"),
    new_code_cell("import numpy as np\nkw = np.array([0.5, 1.0])"),
    new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 2"),
    new_raw_cell("# BEGIN SOLUTION"),
    new_code_cell("mean_kw = kw.mean() # SOLUTION"),
    new_raw_cell("# END SOLUTION"),
    new_raw_cell("# BEGIN TESTS"),
    new_code_cell("round(mean_kw, 2)"),
    new_code_cell("abs(mean_kw - 0.75) < 0.01"),
    new_raw_cell("# END TESTS"),
    new_raw_cell("# END QUESTION"),
]
kernel = {"name": "python3", "display_name": "Python", "language": "python"}
notebook = new_notebook(cells=CELLS, metadata={"kernelspec": kernel})
NotebookClient(notebook).execute()
nbformat.write(notebook, "energy.ipynb")
PYTHON
cat >grade.py <<'PYTHON'
import json
import subprocess
from pathlib import Path

import nbformat

ANSWERS = ("kw.mean()", "float(kw.mean())", "sum([0.5, 1.0]) / 2", "np.float32(0.75)")
(grader,) = Path("dist/autograder").glob("*.zip")
for answer in ANSWERS:
    notebook = nbformat.read("dist/student/energy.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("mean_kw = ...", f"mean_kw = {answer}")
    nbformat.write(notebook, "handed-in.ipynb")
    subprocess.run(["otter", "run", "-a", grader, "handed-in.ipynb"], check=True, capture_output=True)
    points = {test["name"]: test.get("score") for test in json.loads(Path("results.json").read_text())["tests"]}
    print(f"mean_kw = {answer:20} {points['q1']:g} of 2")
PYTHON
cat >script.sh <<'SHELL'
python make.py
otter assign energy.ipynb dist >assigned
python grade.py
SHELL
seen env PATH="$folder/environment/bin:$PATH" bash script.sh <<'SEEN'
mean_kw = kw.mean()            2 of 2
mean_kw = float(kw.mean())     0 of 2
mean_kw = sum([0.5, 1.0]) / 2  0 of 2
mean_kw = np.float32(0.75)     1 of 2
SEEN
