#!/usr/bin/env bash
# nbstripout, which is there to take outputs away, renames the cells, too: their ids become 0, 1, 2 by position. A cell put
# in later moves all ids behind it, and whatever was kept by id (results, comments, expectations) then belongs to the
# cell above. --keep-id leaves them. The other way to store notebooks, jupytext's percent scripts, loses the ids.
source "$(dirname "$0")/environment.sh"
packages nbstripout==0.9.1 jupytext==1.19.6
cat >script.py <<'PYTHON'
import subprocess
import sys

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_notebook


def ids_after(names, *options):
    nbformat.write(new_notebook(cells=[new_code_cell(f"# {name}", id=name) for name in names]), "kept.ipynb")
    subprocess.run([sys.executable, "-m", "nbstripout", *options, "kept.ipynb"], check=True)
    return {cell.source[2:]: cell.id for cell in nbformat.read("kept.ipynb", 4).cells}


print("stripped:       ", ids_after(["load", "clean", "plot"]))
print("one cell more:  ", ids_after(["load", "resample", "clean", "plot"]))
print("with --keep-id: ", ids_after(["load", "resample", "clean", "plot"], "--keep-id"))
script = jupytext.writes(nbformat.read("kept.ipynb", 4), fmt="py:percent")
again = [{cell.id for cell in jupytext.reads(script, fmt="py:percent").cells} for _ in range(2)]
print("jupytext, read twice: ids in common:", len(again[0] & again[1]))
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
stripped:        {'load': '0', 'clean': '1', 'plot': '2'}
one cell more:   {'load': '0', 'resample': '1', 'clean': '2', 'plot': '3'}
with --keep-id:  {'load': 'load', 'resample': 'resample', 'clean': 'clean', 'plot': 'plot'}
jupytext, read twice: ids in common: 0
SEEN
